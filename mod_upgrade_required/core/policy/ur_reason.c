#include "core/policy/ur_reason.h"

/* Lines that fix proxies, each of them complete: people paste them, and so do the tests. */
#define NGINX_HTTP_1_1 "\nnginx: proxy_http_version 1.1;"
#define HAPROXY_CHECK_1_1                                                                      \
    "\nHAProxy, health checks: http-check send ver HTTP/1.1 hdr Host www.example.com"
#define HTTPD_HTTP_1_1 "\nhttpd: UnsetEnv force-proxy-request-1.0"

static const struct ur_reason_row rows[UR_REASONS] = {
#define UR_REASON_ROW(name, status, word, family, keepable, tells, phrase, detail, hint)       \
    [UR_REASON_##                                                                              \
        name] = {status, UR_FAMILY_##family, keepable, tells, word, phrase, detail, hint},
#include "core/policy/reasons.def"
#undef UR_REASON_ROW
};

static const char *const verdict_words[UR_VERDICTS] = {
    [UR_VERDICT_REFUSE] = "refuse", [UR_VERDICT_REDIRECT] = "redirect",
    [UR_VERDICT_EXCEPT] = "except", [UR_VERDICT_ANNOUNCE] = "announce",
    [UR_VERDICT_ALLOW] = "allow",
};

const struct ur_reason_row *ur_reason_row(enum ur_reason reason)
{
    return &rows[reason];
}

const char *ur_reason_verdict_word(enum ur_verdict verdict)
{
    return verdict_words[verdict];
}

const char *ur_reason_groups(enum ur_key_exchange demanded)
{
    if (demanded < UR_KEX_POST_QUANTUM) {
        return "Use https:// or wss:// with a client that supports TLS 1.3, or TLS 1.2 with a "
               "cipher whose name begins with ECDHE.";
    }
    return "Use https:// or wss:// with a client that supports TLS 1.3 and one of the groups "
           "X25519MLKEM768, SecP256r1MLKEM768 and SecP384r1MLKEM1024, such as a current "
           "browser, or a program with OpenSSL 3.5 or later. If a proxy speaks TLS with the "
           "clients, configure it to send the group, in the header that UpgradeTrustedProxy "
           "group= names.";
}

const char *ur_reason_proxy_lines(enum ur_http demanded)
{
    if (demanded < UR_HTTP_2) {
        return "If a proxy speaks HTTP/1.0 to this server, configure it to use "
               "HTTP/1.1:" NGINX_HTTP_1_1 HAPROXY_CHECK_1_1 HTTPD_HTTP_1_1;
    }
    return "If a proxy speaks HTTP/2 with its clients and an older version to this server, "
           "configure it to send the client's version, in the header that UpgradeTrustedProxy "
           "http= names:\nnginx: proxy_set_header X-HTTP-Version $server_protocol;\nHAProxy: "
           "http-request set-header X-HTTP-Version %[req.ver]\nhttpd: RequestHeader set "
           "X-HTTP-Version expr=%{SERVER_PROTOCOL}";
}
