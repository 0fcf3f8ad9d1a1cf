#include "required/config/ur_directives.h"

#include "required/config/ur_setters.h"

#define SERVER       RSRC_CONF
#define ANYWHERE     OR_FILEINFO
#define NOT_HTACCESS (RSRC_CONF | ACCESS_CONF)

const command_rec ur_directives[] = {
    AP_INIT_TAKE_ARGV(
        "UpgradeFloor", ur_set_floor, NULL, SERVER,
        "none (default), or what every request to this server must speak: at most "
        "one of each of TLS, TLS/1.2, TLS/1.3; HTTP/1.1, HTTP/2; WebSocket"),
    AP_INIT_TAKE1("UpgradeFloorExcept", ur_set_floor_except, NULL, SERVER,
                  "an expression; where it is true the floor does not apply; may repeat"),
    AP_INIT_TAKE_ARGV("UpgradeRequire", ur_set_require, NULL, ANYWHERE,
                      "none (default), or what requests for this route must speak: words as "
                      "for UpgradeFloor"),
    AP_INIT_TAKE1("UpgradeExcept", ur_set_except, NULL, ANYWHERE,
                  "an expression; where it is true UpgradeRequire does not apply; may repeat"),
    AP_INIT_TAKE_ARGV(
        "UpgradeMode", ur_set_mode, NULL, ANYWHERE,
        "enforce (default), announce or off: what becomes of requests that do not "
        "meet their policy; enforce from=TIME announces until then; since=TIME is "
        "the date of Deprecation"),
    AP_INIT_TAKE_ARGV(
        "UpgradeBrownout", ur_set_brownout, NULL, ANYWHERE,
        "start/end [every=DURATION for=DURATION]: when that which is announced is "
        "enforced, as a rehearsal; may repeat"),
    AP_INIT_TAKE1("UpgradeGuide", ur_set_guide, NULL, ANYWHERE,
                  "the URL of a page that explains the migration; default none"),
    AP_INIT_TAKE1("UpgradeMessage", ur_set_message, NULL, ANYWHERE,
                  "a string expression that replaces the sentence a refused client reads"),
    AP_INIT_TAKE1("UpgradeName", ur_set_name, NULL, NOT_HTACCESS,
                  "the policy's name in logs and answers; default floor, server, or the "
                  "section's path"),
    AP_INIT_TAKE1(
        "UpgradeRedirect", ur_set_redirect, NULL, ANYWHERE,
        "off (default), temporary or permanent: send a GET or HEAD in clear on to https"),
    AP_INIT_FLAG("UpgradeAdvertise", ur_set_advertise, NULL, ANYWHERE,
                 "on (default), or off: no Upgrade field in answers, and 403 instead of 426"),
    AP_INIT_TAKE1("UpgradeHTTP2Answer", ur_set_http2_answer, NULL, ANYWHERE,
                  "426 (default), 403 or reset: what a refused HTTP/2 request gets"),
    AP_INIT_TAKE_ARGV(
        "UpgradeTrustedProxy", ur_set_trusted_proxy, NULL, SERVER,
        "none (default), or the addresses and networks of proxies, and the fields in "
        "which they state the client's protocol: tls=FIELD http=FIELD scheme=FIELD"),
    AP_INIT_TAKE_ARGV("UpgradeWebSocketOrigin", ur_set_origin, NULL, ANYWHERE,
                      "any (default), same, or the origins whose pages may open a WebSocket"),
    AP_INIT_TAKE_ARGV("UpgradeWebSocketProtocol", ur_set_protocol, NULL, ANYWHERE,
                      "any (default), or the subprotocols of which a handshake must offer one"),
    {.name = NULL},
};
