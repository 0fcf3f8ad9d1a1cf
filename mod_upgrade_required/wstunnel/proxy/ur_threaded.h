#ifndef UR_THREADED_H
#define UR_THREADED_H

#include "core/metrics/ur_farewell.h"

#include <stdbool.h>

#include <httpd.h>

/* A tunnel that mod_proxy carries itself, in a thread that waits for it. Nothing is done to its
 * bytes; who says and does what is looked at, for the books and for the log. When its child
 * tells it to end (ur_overflow_tell), that is where its thread notices. */

struct ur_threaded;

void ur_threaded_register(void);

/* child_stopping */
void ur_threaded_stop(apr_pool_t *pchild, int graceful);

/* The backend, at the other end of origin, has accepted r's handshake; the client is about to
 * be told. From here on until ur_threaded_end() the tunnel is open. */
struct ur_threaded *ur_threaded_open(request_rec *r, conn_rec *origin);

/* What one reading from this side has come to. */
void ur_threaded_heard(struct ur_threaded *tunnel, enum ur_side side, apr_status_t rv,
                       apr_bucket_brigade *bytes);

/* The connection of this side takes nothing any more. */
void ur_threaded_broke(struct ur_threaded *tunnel, enum ur_side side);

/* mod_proxy has done with the tunnel, if there has been one. drained: its child has told it to
 * end. */
void ur_threaded_end(request_rec *r, bool drained);

#endif
