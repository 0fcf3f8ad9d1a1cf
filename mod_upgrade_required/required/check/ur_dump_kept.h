#ifndef UR_DUMP_KEPT_H
#define UR_DUMP_KEPT_H

#include <apr_file_io.h>
#include <httpd.h>

/* The dump's table of the proxied routes that keep WebSocket handshakes: what carries them, to
 * which backend, and what ends them. servers: array of server_rec *, the main server first.
 * Nothing without the helper. */
void ur_dump_kept(apr_pool_t *pool, apr_file_t *out, const apr_array_header_t *servers);

#endif
