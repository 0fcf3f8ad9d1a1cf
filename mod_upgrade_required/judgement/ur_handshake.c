#include "judgement/ur_handshake.h"

#include "values/ur_list.h"
#include "values/ur_wskey.h"

static const struct ur_span WEBSOCKET = {"websocket", 9};
static const struct ur_span UPGRADE = {"upgrade", 7};
static const struct ur_span VERSION = {"13", 2};

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
    /* Joined values of a field that came twice are neither "13" nor a key. */
    if (!ur_span_is(ur_span_trim(handshake->version), VERSION)) {
        return UR_REASON_WEBSOCKET_VERSION;
    }
    return ur_wskey_valid(handshake->key) ? UR_REASON_NONE : UR_REASON_WEBSOCKET_KEY;
}

bool ur_handshake_asks_switch(const struct ur_handshake *handshake)
{
    return ur_list_count(handshake->upgrade) > 0 ||
           ur_list_has(handshake->connection, UPGRADE) || ur_span_present(handshake->key) ||
           ur_span_present(handshake->version);
}
