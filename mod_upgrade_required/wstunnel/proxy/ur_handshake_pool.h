#ifndef UR_HANDSHAKE_POOL_H
#define UR_HANDSHAKE_POOL_H

#include <apr_pools.h>
#include <apr_thread_proc.h>

/* Memory for what a handshake needs and its tunnel does not. To keep tunnels small APR would
 * return memory to the system and take it again for the next one, block by block; so each
 * worker thread has some of its own, which is reused. */

/* A child of parent in thread's memory, or in parent's if there is none. Must be destroyed by
 * the same thread before it makes one for another request, or kept. */
apr_pool_t *ur_handshake_pool_create(apr_pool_t *parent, apr_thread_t *thread);

/* The pool, the only one that is left, is going to live on: the memory is its own from here on,
 * and the thread's next one is new. */
void ur_handshake_pool_keep(apr_pool_t *pool, apr_thread_t *thread);

#endif
