#include "wstunnel/tunnel/ur_control.h"

#include "core/protocol/ur_sieve.h"

#include <apr_general.h>

static bool at_boundary(const struct ur_endpoint *to)
{
    return ur_frames_between(&to->other->frames) && !ur_endpoint_pending(to) &&
           ur_endpoint_is_written(to);
}

static bool can_be_put(const struct ur_endpoint *to)
{
    return at_boundary(to) && (to->due.kind != UR_CONTROL_CLOSE || at_boundary(to->other));
}

static size_t write_frame(struct ur_endpoint *to, char *frame, const unsigned char *key)
{
    unsigned char payload[UR_PING_PAYLOAD];

    if (to->due.kind == UR_CONTROL_CLOSE) {
        return ur_frames_close(frame, to->due.status, key);
    }
    ur_sieve_ask(to->sieve, payload);
    return ur_frames_ping(frame, payload, key);
}

/* Whether it was a Close. A failed write is noticed by the next write or read, if any. */
static bool put(struct ur_endpoint *to)
{
    bool masked = to == &to->tunnel->backend; /* 5.1 */
    bool closes = to->due.kind == UR_CONTROL_CLOSE;
    char frame[UR_PING_MAX];
    unsigned char key[4];

    if (to->due.kind != UR_CONTROL_NONE &&
        (!masked || apr_generate_random_bytes(key, sizeof key) == APR_SUCCESS)) {
        ur_endpoint_write(to, frame, write_frame(to, frame, masked ? key : NULL));
    }
    to->due = (struct ur_control){UR_CONTROL_NONE, 0};
    return closes;
}

/* Writing to one side changes whether it can take more: that is checked first. */
bool ur_control_put(struct ur_tunnel *tunnel)
{
    bool to_client = can_be_put(&tunnel->client);
    bool to_backend = can_be_put(&tunnel->backend);
    bool closed = to_client && put(&tunnel->client);

    return (to_backend && put(&tunnel->backend)) || closed;
}

void ur_control_ask_close(struct ur_tunnel *tunnel, uint16_t client, uint16_t backend)
{
    tunnel->client.due = (struct ur_control){UR_CONTROL_CLOSE, client};
    tunnel->backend.due = (struct ur_control){UR_CONTROL_CLOSE, backend};
}

/* One that was asked for says more. */
static void close_now(struct ur_endpoint *to, uint16_t status)
{
    if (to->due.kind != UR_CONTROL_CLOSE) {
        to->due = (struct ur_control){UR_CONTROL_CLOSE, status};
    }
    if (at_boundary(to)) {
        put(to);
    }
}

void ur_control_close_now(struct ur_tunnel *tunnel, uint16_t status)
{
    close_now(&tunnel->client, status);
    close_now(&tunnel->backend, status);
}
