#include "judgement/ur_verdict.h"

/* Lines that mend proxies, each of them complete: people paste them, and so do the tests. */
#define NGINX_HTTP_1_1 "\nnginx: proxy_http_version 1.1;"
#define HAPROXY_CHECK_1_1                                                                      \
    "\nHAProxy, health checks: http-check send ver HTTP/1.1 hdr Host www.example.com"
#define HTTPD_HTTP_1_1 "\nhttpd: UnsetEnv force-proxy-request-1.0"

/* clang-format off */
static const struct ur_reason_row rows[UR_REASONS] = {
    [UR_REASON_NONE] = {200, false, 0, "none", "", ""},
    [UR_REASON_TLS_MISSING] = {426, false, 0, "tls-missing",
        "This resource requires %T. The request came in clear.",
        "Use https:// instead of http://, or wss:// instead of ws://."},
    [UR_REASON_TLS_VERSION] = {426, false, 0, "tls-version",
        "This resource requires %T or newer. The request came over TLS %t.",
        "Update the client, or the TLS library it uses, to one that speaks %T."},
    [UR_REASON_HTTP_VERSION] = {426, false, UR_EVIDENCE_PROXY, "http-version",
        "This resource requires %H or newer. The request was made in HTTP/%h.",
        "Use a client that speaks %H. %P"},
    [UR_REASON_WEBSOCKET_STRIPPED] = {426, true, UR_EVIDENCE_HANDSHAKE | UR_EVIDENCE_PROXY, "websocket-stripped",
        "This resource is a WebSocket endpoint. The request carries parts of an opening "
        "handshake, but Upgrade: websocket and Connection: Upgrade did not arrive together.",
        "A proxy between the client and this server removes these hop-by-hop fields; "
        "it has to send them on:\n"
        "nginx, once in http: map $http_upgrade $connection_upgrade "
        "{ default upgrade; '' close; }\n"
        "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
        "proxy_set_header Connection $connection_upgrade;\n"
        "HAProxy: mode http, without option httpclose and without http-request del-header "
        "for Upgrade or Connection\n"
        "httpd 2.4.47 or later: ProxyPass /path http://this-server/path upgrade=websocket"},
    [UR_REASON_WEBSOCKET_MISSING] = {426, true, 0, "websocket-missing",
        "This resource is a WebSocket endpoint. The request was a plain HTTP/%h %m.",
        "Connect with a WebSocket client."},
    [UR_REASON_WEBSOCKET_HTTP_VERSION] = {426, true, UR_EVIDENCE_PROXY, "websocket-http-version",
        "This resource is a WebSocket endpoint. The handshake came in HTTP/%h, "
        "in which Upgrade has no meaning.",
        "Open the WebSocket in HTTP/1.1. A proxy that speaks HTTP/1.0 with this server has to "
        "be told otherwise:" NGINX_HTTP_1_1 HTTPD_HTTP_1_1},
    [UR_REASON_WEBSOCKET_METHOD] = {405, true, 0, "websocket-method",
        "A WebSocket is opened with GET. The method was %m.",
        "Send the opening handshake as a GET."},
    [UR_REASON_WEBSOCKET_BODY] = {400, true, 0, "websocket-body",
        "A WebSocket opening handshake has no body. This one announces a body.",
        "Send the opening handshake without Content-Length and Transfer-Encoding."},
    [UR_REASON_WEBSOCKET_VERSION] = {426, true, 0, "websocket-version",
        "This server speaks WebSocket version 13. The handshake does not name "
        "this version, and only this one.",
        "Send exactly one Sec-WebSocket-Version: 13."},
    [UR_REASON_WEBSOCKET_KEY] = {400, true, 0, "websocket-key",
        "The WebSocket opening handshake has no valid Sec-WebSocket-Key.",
        "Send exactly one Sec-WebSocket-Key: 16 random bytes in base64."},
    [UR_REASON_WEBSOCKET_CONNECTION] = {400, true, 0, "websocket-connection",
        "Connection names a header of the WebSocket opening handshake that is end-to-end: "
        "a proxy would remove it.",
        "Send Connection: Upgrade, without Sec-WebSocket-*, Origin, Host or Cookie in it."},
    [UR_REASON_WEBSOCKET_ORIGIN] = {403, true, 0, "websocket-origin",
        "Pages of the request's origin may not open this WebSocket.",
        "Open it from a page of an allowed origin, or have the administrator allow this one."},
    [UR_REASON_WEBSOCKET_SUBPROTOCOL] = {400, true, 0, "websocket-subprotocol",
        "The WebSocket opening handshake offers no subprotocol that is accepted here.",
        "Offer one of the accepted subprotocols in Sec-WebSocket-Protocol."},
};
/* clang-format on */

static const char *const verdict_words[UR_VERDICTS] = {
    [UR_VERDICT_REFUSE] = "refuse",
    [UR_VERDICT_REDIRECT] = "redirect",
    [UR_VERDICT_EXCEPT] = "except",
    [UR_VERDICT_ANNOUNCE] = "announce",
};

const struct ur_reason_row *ur_reason_row(enum ur_reason reason)
{
    return &rows[reason];
}

const char *ur_verdict_word(enum ur_verdict verdict)
{
    return verdict_words[verdict];
}

const char *ur_verdict_proxy_lines(enum ur_http demanded)
{
    if (demanded < UR_HTTP_2) {
        return "A proxy that speaks HTTP/1.0 with this server has to be told "
               "otherwise:" NGINX_HTTP_1_1 HAPROXY_CHECK_1_1 HTTPD_HTTP_1_1;
    }
    return "A proxy that speaks HTTP/2 with its clients and an older version with this server "
           "has to state it, in a header that UpgradeTrustedProxy http= names here:\n"
           "nginx: proxy_set_header X-HTTP-Version $server_protocol;\n"
           "HAProxy: http-request set-header X-HTTP-Version %[req.ver]\n"
           "httpd: RequestHeader set X-HTTP-Version expr=%{SERVER_PROTOCOL}";
}
