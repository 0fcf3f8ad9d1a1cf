#include "fuzz.h"

#include "core/policy/ur_handshake.h"
#include "core/text/ur_list.h"
#include "core/protocol/ur_wskey.h"

static struct ur_span maybe(struct ur_span line)
{
    return line.len && line.at[0] == '-' ? (struct ur_span){NULL, 0} : line;
}

/* Seven lines are Upgrade, Connection, version, key, Origin, subprotocols and the server's own
 * Host ("-": absent). What is found valid has every part that RFC 6455 demands. */
static const struct ur_span names[] = {{"chat", 4}};
static const struct ur_origin listed[] = {
    {.kind = UR_ORIGIN_HTTPS, .host = {"a.example", 9}, .port = 8443}};
static const struct ur_words subprotocols = {1, names};
static const struct ur_origins origins = {true, 1, listed};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span rest = {(const char *)data, size};
    struct ur_handshake handshake = {.http = UR_HTTP_1_1, .get = true};
    enum ur_reason reason;

    handshake.upgrade = maybe(fuzz_line(&rest));
    handshake.connection = maybe(fuzz_line(&rest));
    handshake.version = maybe(fuzz_line(&rest));
    handshake.key = maybe(fuzz_line(&rest));
    handshake.origin = maybe(fuzz_line(&rest));
    handshake.protocol = maybe(fuzz_line(&rest));
    handshake.own_host = maybe(fuzz_line(&rest));
    handshake.origins = &origins;
    handshake.subprotocols = &subprotocols;
    reason = ur_handshake_judge(&handshake);
    must(reason < UR_REASONS);
    if (reason == UR_REASON_NONE) {
        must(ur_list_has(handshake.upgrade, UR_SPAN("websocket")));
        must(ur_list_has(handshake.connection, UR_SPAN("upgrade")));
        must(ur_wskey_valid(handshake.key));
        must(ur_handshake_asks_switch(&handshake) && ur_handshake_asks(&handshake));
        must(ur_list_has_exactly(handshake.protocol, names[0]));
        must(!ur_span_present(handshake.origin) ||
             ur_origin_read(handshake.origin, &(struct ur_origin){.port = 0}));
    }
    return 0;
}
