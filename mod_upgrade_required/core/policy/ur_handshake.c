#include "core/policy/ur_handshake.h"

#include "core/text/ur_ascii.h"
#include "core/text/ur_list.h"
#include "core/protocol/ur_wskey.h"

#include <string.h>

static const struct ur_span WEBSOCKET = {"websocket", 9};
static const struct ur_span UPGRADE = {"upgrade", 7};
static const struct ur_span VERSION = {"13", 2};
static const struct ur_span H2C = {"h2c", 3};
static const struct ur_span TLS = {"TLS", 3};

/* Somebody between client and server took Upgrade or Connection away: what is left
 * could only have been written by a client that meant to open a WebSocket. */
static bool was_stripped(const struct ur_handshake *handshake, bool names_websocket,
                         bool names_upgrade)
{
    if (ur_span_present(handshake->key) || ur_span_present(handshake->version)) {
        return true;
    }
    if (names_websocket && !names_upgrade) {
        return true;
    }
    return names_upgrade && !ur_span_present(handshake->upgrade);
}

/* Headers that Connection must not name (RFC 9110, 7.6.1): a proxy removes the headers named
 * there, and the backend would see a handshake other than the one judged here. */
static bool is_end_to_end(struct ur_span name)
{
    static const struct ur_span names[] = {{"Origin", 6}, {"Host", 4}, {"Cookie", 6}};
    static const struct ur_span prefix = {"Sec-WebSocket-", 14};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (ur_span_is(name, names[i])) {
            return true;
        }
    }
    return name.len >= prefix.len && ur_span_is((struct ur_span){name.at, prefix.len}, prefix);
}

/* Every token counts, whatever separates them: proxies do not agree on how to parse a malformed
 * list. */
static bool gives_up_fields(struct ur_span connection)
{
    if (ur_span_is(connection, UPGRADE)) {
        return false; /* what nearly all clients send */
    }
    while (connection.len) {
        struct ur_span token = {connection.at, 0};
        while (token.len < connection.len && ur_is_token_char(token.at[token.len])) {
            token.len++;
        }
        if (is_end_to_end(token)) {
            return true;
        }
        token.len += token.len < connection.len;
        connection.at += token.len;
        connection.len -= token.len;
    }
    return false;
}

/* Only browsers are bound to tell the truth here, and they always send this header: it protects
 * their users, not the server (RFC 6455, 10.2). */
static bool origin_allowed(const struct ur_handshake *handshake)
{
    const struct ur_origins *origins = handshake->origins;
    struct ur_origin origin;
    struct ur_origin own;

    if (!origins || (!origins->same && !origins->count) ||
        !ur_span_present(handshake->origin)) {
        return true;
    }
    if (!ur_origin_read(handshake->origin, &origin)) {
        return false;
    }
    if (origins->same && ur_origin_own(handshake->tls, handshake->own_host, &own) &&
        ur_origin_matches(&own, &origin)) {
        return true;
    }
    for (size_t i = 0; i < origins->count; i++) {
        if (ur_origin_matches(&origins->listed[i], &origin)) {
            return true;
        }
    }
    return false;
}

/* Names of subprotocols compare as they are written (RFC 6455, 4.1). */
static bool subprotocol_offered(const struct ur_handshake *handshake)
{
    const struct ur_words *accepted = handshake->subprotocols;

    for (size_t i = 0; accepted && i < accepted->count; i++) {
        if (ur_list_has_exactly(handshake->protocol, accepted->words[i])) {
            return true;
        }
    }
    return !accepted || !accepted->count;
}

enum ur_reason ur_handshake_judge(const struct ur_handshake *handshake)
{
    bool names_websocket = ur_list_has(handshake->upgrade, WEBSOCKET);
    bool names_upgrade = ur_list_has(handshake->connection, UPGRADE);

    if (!names_websocket || !names_upgrade) {
        return was_stripped(handshake, names_websocket, names_upgrade)
                   ? UR_REASON_WEBSOCKET_STRIPPED
                   : UR_REASON_WEBSOCKET_MISSING;
    }
    if (handshake->http < UR_HTTP_1_1) {
        return UR_REASON_WEBSOCKET_HTTP_VERSION;
    }
    if (!handshake->get) {
        return UR_REASON_WEBSOCKET_METHOD;
    }
    if (handshake->body) {
        return UR_REASON_WEBSOCKET_BODY;
    }
    /* The joined values of a header that was sent twice are neither "13" nor a key. */
    if (!ur_span_is(ur_span_trim(handshake->version), VERSION)) {
        return UR_REASON_WEBSOCKET_VERSION;
    }
    if (!ur_wskey_valid(handshake->key)) {
        return UR_REASON_WEBSOCKET_KEY;
    }
    if (gives_up_fields(handshake->connection)) {
        return UR_REASON_WEBSOCKET_CONNECTION;
    }
    if (!origin_allowed(handshake)) {
        return UR_REASON_WEBSOCKET_ORIGIN;
    }
    return subprotocol_offered(handshake) ? UR_REASON_NONE : UR_REASON_WEBSOCKET_SUBPROTOCOL;
}

static const struct {
    const char *name;
    enum ur_telling kind;
} evidence[] = {
    {"Sec-WebSocket-Key", UR_TELLS_HANDSHAKE},
    {"Sec-WebSocket-Version", UR_TELLS_HANDSHAKE},
    {"Upgrade", UR_TELLS_HANDSHAKE},
    {"Connection", UR_TELLS_HANDSHAKE},
    {"Via", UR_TELLS_PROXY},
    {"Forwarded", UR_TELLS_PROXY},
    {"X-Forwarded-For", UR_TELLS_PROXY},
    {"X-Forwarded-Host", UR_TELLS_PROXY},
    {"X-Forwarded-Proto", UR_TELLS_PROXY},
    {"X-Forwarded-Port", UR_TELLS_PROXY},
    {"X-Forwarded-Server", UR_TELLS_PROXY},
    {"X-Real-IP", UR_TELLS_PROXY},
    /* Connection as some appliances leave it behind. */
    {"X-Cnection", UR_TELLS_PROXY},
    {"Cneonction", UR_TELLS_PROXY},
    {"nnCoection", UR_TELLS_PROXY},
    {"X-Connection", UR_TELLS_PROXY},
};

_Static_assert(sizeof evidence / sizeof evidence[0] == UR_EVIDENCE_MAX, "one bit for each");

const char *ur_handshake_evidence_name(size_t i)
{
    return i < UR_EVIDENCE_MAX ? evidence[i].name : NULL;
}

bool ur_handshake_evidence_tells(size_t i, enum ur_reason reason)
{
    return i < UR_EVIDENCE_MAX && ur_reason_row(reason)->tells & evidence[i].kind;
}

bool ur_handshake_asks(const struct ur_handshake *handshake)
{
    return ur_list_has(handshake->upgrade, WEBSOCKET) || ur_span_present(handshake->key) ||
           ur_span_present(handshake->version);
}

bool ur_handshake_asks_switch(const struct ur_handshake *handshake)
{
    struct ur_span rest = handshake->upgrade;
    struct ur_span protocol;

    while (ur_list_next(&rest, &protocol)) {
        if (!ur_span_is(protocol, H2C)) {
            return true;
        }
    }
    return ur_span_present(handshake->key) || ur_span_present(handshake->version);
}

bool ur_handshake_offers_tls(const struct ur_handshake *handshake)
{
    struct ur_span rest = handshake->upgrade;
    struct ur_span protocol;

    while (ur_list_next(&rest, &protocol)) {
        const char *slash = memchr(protocol.at, '/', protocol.len);
        if (slash) {
            protocol.len = (size_t)(slash - protocol.at);
        }
        if (ur_span_is(protocol, TLS)) {
            return true;
        }
    }
    return false;
}
