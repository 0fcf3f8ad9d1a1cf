#ifndef UR_UPGRADE_H
#define UR_UPGRADE_H

#include <mod_proxy.h>

/* What mod_proxy is to see of the client's Upgrade on a route that keeps handshakes, in a table
 * of its own: the client's fields stay whole in struct ur_kept. */

struct ur_kept;

/* For a valid handshake: the one word with which mod_proxy compares. */
void ur_upgrade_narrow(request_rec *r, const struct ur_kept *kept);

/* For any other request: another protocol only where this worker's upgrade= names it, as
 * mod_proxy itself would forward it, and nothing otherwise. Called for each worker that is
 * tried. */
void ur_upgrade_limit(request_rec *r, const struct ur_kept *kept, const proxy_worker *worker);

#endif
