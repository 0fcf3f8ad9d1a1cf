/* Reads what has gone with its pool. build/apr believes only an APR with which this ends with
 * AddressSanitizer's report. */
#include <apr_general.h>
#include <apr_strings.h>

int main(void)
{
    apr_pool_t *pool;
    apr_pool_t *inner;
    const char *gone;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    apr_pool_create(&inner, pool);
    gone = apr_pstrdup(inner, "gone");
    apr_pool_destroy(inner);
    return *gone == 'g' ? 0 : 1;
}
