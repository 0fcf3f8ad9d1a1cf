#include "wstunnel/proxy/ur_handshake_pool.h"

#include <apr_allocator.h>

static const char KEY[] = "mod_upgrade_wstunnel_scratch";

/* More than a handshake needs. */
#define MAX_FREE ((apr_size_t)192 * 1024)

/* Of a thread, in its pool. */
struct scratch {
    apr_allocator_t *allocator; /* NULL: not made, or made over to a tunnel */
};

static apr_status_t destroy(void *data)
{
    struct scratch *scratch = data;

    if (scratch->allocator) {
        apr_allocator_destroy(scratch->allocator);
    }
    return APR_SUCCESS;
}

static struct scratch *scratch_of(apr_thread_t *thread)
{
    void *found = NULL;

    apr_thread_data_get(&found, KEY, thread);
    if (!found) {
        found = apr_pcalloc(apr_thread_pool_get(thread), sizeof(struct scratch));
        apr_thread_data_set(found, KEY, destroy, thread);
    }
    return found;
}

static apr_allocator_t *allocator_of(struct scratch *scratch)
{
    if (!scratch->allocator && apr_allocator_create(&scratch->allocator) == APR_SUCCESS) {
        apr_allocator_max_free_set(scratch->allocator, MAX_FREE);
    }
    return scratch->allocator;
}

apr_pool_t *ur_handshake_pool_create(apr_pool_t *parent, apr_thread_t *thread)
{
    apr_pool_t *pool = NULL;

    apr_pool_create_ex(&pool, parent, NULL, thread ? allocator_of(scratch_of(thread)) : NULL);
    return pool;
}

void ur_handshake_pool_keep(apr_pool_t *pool, apr_thread_t *thread)
{
    struct scratch *scratch = thread ? scratch_of(thread) : NULL;

    if (scratch && scratch->allocator == apr_pool_allocator_get(pool)) {
        apr_allocator_owner_set(scratch->allocator, pool);
        scratch->allocator = NULL;
    }
}
