#include "wstunnel/tunnel/ur_overflow.h"

#include <pthread.h>

#include <http_core.h>

APR_RING_HEAD(ring, ur_overflow);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* over what follows */
static struct ring all;
static uint64_t staying; /* of them */

void ur_overflow_reset(void)
{
    APR_RING_INIT(&all, ur_overflow, link);
    staying = 0;
}

/* A stream of HTTP/2 shares its connection with others. */
void ur_overflow_begin(struct ur_overflow *tunnel, const request_rec *r)
{
    tunnel->client = r->connection->master ? NULL : ap_get_conn_socket(r->connection);
    tunnel->watched = tunnel->client;
    tunnel->told = !tunnel->client;
    pthread_mutex_lock(&mutex);
    APR_RING_INSERT_TAIL(&all, tunnel, ur_overflow, link);
    staying += !tunnel->told;
    pthread_mutex_unlock(&mutex);
}

bool ur_overflow_end(struct ur_overflow *tunnel)
{
    bool told;

    pthread_mutex_lock(&mutex);
    APR_RING_REMOVE(tunnel, link);
    told = tunnel->told;
    staying -= !told;
    pthread_mutex_unlock(&mutex);
    return told && tunnel->client;
}

/* With the lock. */
static void make_it_notice(const struct ur_overflow *tunnel)
{
    if (tunnel->watched) {
        apr_socket_shutdown(tunnel->watched, APR_SHUTDOWN_READ);
    }
}

void ur_overflow_watch(struct ur_overflow *tunnel, apr_socket_t *socket)
{
    pthread_mutex_lock(&mutex);
    tunnel->watched = socket;
    if (tunnel->told && tunnel->client) {
        make_it_notice(tunnel);
    }
    pthread_mutex_unlock(&mutex);
}

bool ur_overflow_is_told(const struct ur_overflow *tunnel)
{
    bool told;

    pthread_mutex_lock(&mutex);
    told = tunnel->told && tunnel->client;
    pthread_mutex_unlock(&mutex);
    return told;
}

uint64_t ur_overflow_count(void)
{
    uint64_t count;

    pthread_mutex_lock(&mutex);
    count = staying;
    pthread_mutex_unlock(&mutex);
    return count;
}

void ur_overflow_tell(uint64_t count)
{
    struct ur_overflow *tunnel;

    pthread_mutex_lock(&mutex);
    APR_RING_FOREACH(tunnel, &all, ur_overflow, link)
    {
        if (!count) {
            break;
        }
        /* cppcheck-suppress uninitvar; the ring's macro sets it */
        if (!tunnel->told) {
            tunnel->told = true;
            make_it_notice(tunnel);
            staying--;
            count--;
        }
    }
    pthread_mutex_unlock(&mutex);
}
