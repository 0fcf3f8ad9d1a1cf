#include "wstunnel/tunnel/ur_overflow.h"

#include <pthread.h>

#include <http_core.h>

/* In which the thread of a tunnel notices that it has to end: less than what a child may take
 * to exit after its last one (UR_DRAIN_EXIT). */
#define NOTICE apr_time_from_sec(3)

#define NEVER INT64_MAX

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
    *tunnel = (struct ur_overflow){
        .client = r->connection->master ? NULL : ap_get_conn_socket(r->connection),
        .until = NEVER};
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
    apr_socket_t *read_from = tunnel->client_ended ? tunnel->backend : tunnel->client;

    if (read_from) {
        apr_socket_shutdown(read_from, APR_SHUTDOWN_READ);
    }
}

void ur_overflow_connect(struct ur_overflow *tunnel, apr_socket_t *backend)
{
    pthread_mutex_lock(&mutex);
    tunnel->backend = backend;
    pthread_mutex_unlock(&mutex);
}

void ur_overflow_client_ended(struct ur_overflow *tunnel)
{
    pthread_mutex_lock(&mutex);
    tunnel->client_ended = true;
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

void ur_overflow_tell(uint64_t count, apr_time_t now)
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
            tunnel->until = now + NOTICE;
            make_it_notice(tunnel);
            staying--;
            count--;
        }
    }
    pthread_mutex_unlock(&mutex);
}

void ur_overflow_break(apr_time_t now)
{
    struct ur_overflow *tunnel;

    pthread_mutex_lock(&mutex);
    APR_RING_FOREACH(tunnel, &all, ur_overflow, link)
    {
        /* cppcheck-suppress uninitvar; the ring's macro sets it */
        if (tunnel->until <= now && tunnel->backend) {
            tunnel->until = NEVER;
            apr_socket_shutdown(tunnel->client, APR_SHUTDOWN_READWRITE);
            apr_socket_shutdown(tunnel->backend, APR_SHUTDOWN_READWRITE);
        }
    }
    pthread_mutex_unlock(&mutex);
}
