#include "tap.h"

#include "judgement/ur_edge.h"

#define OWN_TLS  UR_TLS_1_3
#define OWN_HTTP UR_HTTP_1_1

/* What a server that speaks TLS 1.3 and HTTP/1.1 with its proxy takes the client to speak. */
static const struct {
    const char *tls;
    const char *http;
    const char *scheme;
    enum ur_tls seen_tls;
    enum ur_http seen_http;
} cases[] = {
    {NULL, NULL, NULL, OWN_TLS, OWN_HTTP},
    {"TLSv1.2", "HTTP/2.0", "https", UR_TLS_1_2, UR_HTTP_2},
    {"TLS/1.1", "HTTP/1.0", "https", UR_TLS_1_1, UR_HTTP_1_0},
    {"1.0", "0.9", NULL, UR_TLS_1_0, UR_HTTP_0_9},
    {"TLSv1", "1.1", NULL, UR_TLS_1_0, UR_HTTP_1_1},
    {"tlsV1.3", "http/3", "WSS", UR_TLS_1_3, UR_HTTP_2},
    {"TLSv1.2", "2", "http", UR_TLS_NONE, UR_HTTP_2},
    {"TLSv1.2", "3.0", "ws", UR_TLS_NONE, UR_HTTP_2},
    {NULL, "2", "https", UR_TLS_SOME, UR_HTTP_2},
    {"what", NULL, "https", UR_TLS_SOME, OWN_HTTP},
    {"TLSv1.2", NULL, "ftp", UR_TLS_1_2, OWN_HTTP},

    {"", "", "", OWN_TLS, OWN_HTTP},
    {"TLSv1.4", "HTTP/4", NULL, OWN_TLS, OWN_HTTP},
    {"TLSv", "HTTP/", NULL, OWN_TLS, OWN_HTTP},
    {"TLSvTLS/1.2", "HTTP/HTTP/2", NULL, OWN_TLS, OWN_HTTP},
    {"TLS/TLSv1.2", "2.1", NULL, OWN_TLS, OWN_HTTP},
    {"TLSv1.2, TLSv1.2", "2, 2", "http, http", OWN_TLS, OWN_HTTP},
    {"TLSv1.2 ", "HTTP /2", " http", OWN_TLS, OWN_HTTP},
    {"SSLv3", "h2", "HTTP/2", OWN_TLS, OWN_HTTP},
    {"unknown", "unknown", "unknown", OWN_TLS, OWN_HTTP},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ur_statement statement = {edge(cases[i].tls), edge(cases[i].http),
                                         edge(cases[i].scheme)};
        struct ur_seen seen = ur_edge_seen((struct ur_seen){OWN_TLS, OWN_HTTP}, &statement);
        ok(seen.tls == cases[i].seen_tls && seen.http == cases[i].seen_http, "%s %s %s",
           cases[i].tls ? cases[i].tls : "-", cases[i].http ? cases[i].http : "-",
           cases[i].scheme ? cases[i].scheme : "-");
    }
    return tap_done();
}
