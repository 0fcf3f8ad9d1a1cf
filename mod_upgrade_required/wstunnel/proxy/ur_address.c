#include "wstunnel/proxy/ur_address.h"

#if AP_MODULE_MAGIC_AT_LEAST(20120211, 130)

/* Since 2.4.59. The addresses of a worker are counted: one count is the worker's, and one is
 * each connection's. A copy of the worker that points to the address has no count of its own,
 * and there is no way to take one. As long as it only points to the address that does no harm:
 * the connection has its count. But the copy must not be the one that replaces the address and
 * releases a count: mod_proxy does that for an address that has expired, which only the real
 * worker knows, so it never does it for the copy; and when no address can be connected to,
 * hence ur_address_freeze().
 *
 * A worker that keeps no address (disablereuse, addressttl=0, a name that the request has a
 * part in) never points to one. Then the copy keeps one, for one handshake, and owns it. */

void ur_address_open(proxy_worker *copy, apr_pool_t *pool)
{
    copy->address = NULL;
    copy->s->address_ttl = -1;
    if (!copy->s->is_address_reusable) {
        copy->s->is_address_reusable = 1;
        /* Destroyed after the connections in pool, which are younger and count it. */
        apr_pool_create(&copy->cp->dns_pool, pool);
    }
    /* Guards what all threads share. */
    copy->tmutex = NULL;
}

proxy_worker *ur_address_owner(proxy_worker *copy, proxy_worker *worker)
{
    return worker->s->is_address_reusable ? worker : copy;
}

void ur_address_lend(proxy_worker *copy, const proxy_conn_rec *connection)
{
    copy->address = connection->address;
}

void ur_address_freeze(proxy_worker *copy)
{
    copy->s->is_address_reusable = 0;
}

void ur_address_thaw(proxy_worker *copy)
{
    copy->s->is_address_reusable = 1;
}

#else

/* There the first address found is the worker's forever, and if it cannot be connected to,
 * nothing is looked up. A connection of a worker that keeps none would be closed instead of
 * used: so the copy keeps it, whatever the worker does. */

void ur_address_open(proxy_worker *copy, apr_pool_t *pool)
{
    (void)pool;
    copy->s->is_address_reusable = 1;
    copy->s->disablereuse = 0;
}

proxy_worker *ur_address_owner(proxy_worker *copy, proxy_worker *worker)
{
    (void)copy;
    return worker;
}

void ur_address_lend(proxy_worker *copy, const proxy_conn_rec *connection)
{
    copy->cp->addr = connection->addr;
}

void ur_address_freeze(proxy_worker *copy)
{
    (void)copy;
}

void ur_address_thaw(proxy_worker *copy)
{
    (void)copy;
}

#endif
