#include "wstunnel/tunnel/ur_idle.h"

/* The one that has been silent for longest is the first. */
struct ur_idle {
    apr_interval_time_t patience;
    struct ur_tunnel_ring tunnels;
    struct ur_idle *next;
};

static struct ur_idle *find_queue(struct ur_idle **queues, apr_pool_t *pool,
                                  apr_interval_time_t patience)
{
    struct ur_idle *queue = *queues;

    while (queue && queue->patience != patience) {
        queue = queue->next;
    }
    if (!queue) {
        queue = apr_palloc(pool, sizeof *queue);
        queue->patience = patience;
        queue->next = *queues;
        APR_RING_INIT(&queue->tunnels, ur_tunnel, idle_link);
        *queues = queue;
    }
    return queue;
}

void ur_idle_wait(struct ur_idle **queues, apr_pool_t *pool, struct ur_tunnel *tunnel,
                  apr_interval_time_t patience)
{
    struct ur_idle *queue = tunnel->idle;

    ur_idle_forget(tunnel);
    if (patience <= 0) {
        return; /* for ever */
    }
    if (!queue || queue->patience != patience) {
        queue = find_queue(queues, pool, patience);
    }
    tunnel->idle = queue;
    APR_RING_INSERT_TAIL(&queue->tunnels, tunnel, ur_tunnel, idle_link);
}

void ur_idle_forget(struct ur_tunnel *tunnel)
{
    if (tunnel->idle) {
        APR_RING_REMOVE(tunnel, idle_link);
        tunnel->idle = NULL;
    }
}

struct ur_tunnel *ur_idle_expired(const struct ur_idle *queues, apr_time_t now)
{
    for (const struct ur_idle *queue = queues; queue; queue = queue->next) {
        struct ur_tunnel *tunnel = APR_RING_FIRST(&queue->tunnels);
        if (!APR_RING_EMPTY(&queue->tunnels, ur_tunnel, idle_link) &&
            tunnel->active + queue->patience <= now) {
            return tunnel;
        }
    }
    return NULL;
}
