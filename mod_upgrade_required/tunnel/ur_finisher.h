#ifndef UR_FINISHER_H
#define UR_FINISHER_H

#include "tunnel/ur_tunnel.h"

/* A thread that ends tunnels: what that takes (log files, the last words of TLS) may wait, and
 * pollers must not. A tunnel comes twice: when it is over, and after its client has lingered.
 */

struct ur_finisher;

/* optional_fn_retrieve: finds mod_logio. */
void ur_finisher_open(void);

/* pool lives as long as the thread. */
apr_status_t ur_finisher_start(struct ur_finisher **finisher, apr_pool_t *pool);

/* From any thread. The tunnel is the finisher's from then on. */
void ur_finisher_add(struct ur_finisher *finisher, struct ur_tunnel *tunnel);

/* From here on nobody lingers. */
void ur_finisher_hurry(struct ur_finisher *finisher);

/* Logs all that has been handed over, and ends the thread. */
void ur_finisher_join(struct ur_finisher *finisher);

#endif
