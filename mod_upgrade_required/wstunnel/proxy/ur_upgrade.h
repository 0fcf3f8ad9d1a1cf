#ifndef UR_UPGRADE_H
#define UR_UPGRADE_H

#include <mod_proxy.h>

/* What mod_proxy sees of the client's Upgrade on a route that keeps handshakes, in a table of
 * its own: the client's headers stay intact in struct ur_kept. */

struct ur_kept;

/* For a valid handshake: the word that mod_proxy compares with, and nothing about a body. */
void ur_upgrade_narrow(request_rec *r, const struct ur_kept *kept);

/* For any other request: another protocol only if this worker's upgrade= names it, as mod_proxy
 * itself would forward it; otherwise nothing. Called for each worker that is tried. */
void ur_upgrade_limit(request_rec *r, const struct ur_kept *kept, const proxy_worker *worker);

#endif
