#ifndef UR_THREADED_H
#define UR_THREADED_H

#include "core/metrics/ur_farewell.h"

#include <stdbool.h>

#include <httpd.h>

/* A tunnel that mod_proxy carries itself, in a thread that waits for it. Its bytes are not
 * changed; what each side sends and does is observed for the counters and the log. When its
 * child tells it to end (ur_overflow_tell), that is where its thread notices. */

struct ur_threaded;

void ur_threaded_register(void);

/* child_stopping */
void ur_threaded_stop(apr_pool_t *pchild, int graceful);

/* The backend, at the other end of origin, has accepted r's handshake; the client is about to
 * get the 101. The tunnel is open until ur_threaded_end(). */
struct ur_threaded *ur_threaded_open(request_rec *r, conn_rec *origin);

/* The result of one read from this side. */
void ur_threaded_heard(struct ur_threaded *tunnel, enum ur_side side, apr_status_t rv,
                       apr_bucket_brigade *bytes);

/* The connection of this side takes nothing any more. */
void ur_threaded_broke(struct ur_threaded *tunnel, enum ur_side side);

/* mod_proxy has finished with the tunnel, if there was one. drained: its child has made it end.
 */
void ur_threaded_end(request_rec *r, bool drained);

#endif
