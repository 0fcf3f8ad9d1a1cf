#include "tap.h"

#include "core/response/ur_body.h"

static const struct ur_policy websocket = {
    .tls = UR_TLS_NONE, .http = UR_HTTP_ANY, .websocket = true};
static const struct ur_policy tls = {.tls = UR_TLS_1_2, .http = UR_HTTP_2, .websocket = false};

static const struct ur_refusal plain = {
    .policy = &websocket,
    .judgement = {UR_REASON_WEBSOCKET_MISSING, UR_FAMILY_WEBSOCKET},
    .seen = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1},
    .method = {"GET", 3},
    .name = {"/chat", 5},
    .guide = {"https://example.com/guide", 25},
    .advertise = UR_ADVERTISE_ON};

static const struct ur_refusal old_tls = {
    .policy = &tls,
    .judgement = {UR_REASON_TLS_VERSION, UR_FAMILY_TLS | UR_FAMILY_HTTP},

    .seen = {.tls = UR_TLS_1_1, .http = UR_HTTP_1_0},
    .name = {"a<b>\"&", 6},
    .message = {"1 < 2 & \"so\"\n", 13},
    .advertise = UR_ADVERTISE_ON};

static const char plain_json[] =
    "{\"type\":\"about:blank\",\n \"title\":\"Upgrade Required\",\n \"status\":426,\n"
    " \"detail\":\"This resource is a WebSocket endpoint. The request was a plain "
    "HTTP/1.1 GET.\",\n"
    " \"reason\":\"websocket-missing\",\n \"policy\":\"/chat\",\n "
    "\"required\":[\"WebSocket\"],\n"
    " \"received\":{\"http\":\"1.1\",\"tls\":null},\n \"upgrade\":[\"websocket\"],\n"
    " \"hint\":\"Connect with a WebSocket client.\",\n"
    " \"upgrade_guide\":\"https://example.com/guide\"}\n";

static const char old_tls_json[] =
    "{\"type\":\"about:blank\",\n \"title\":\"Upgrade Required\",\n \"status\":426,\n"
    " \"detail\":\"1 < 2 & \\\"so\\\"\\n\",\n"
    " \"reason\":\"tls-version\",\n \"policy\":\"a<b>\\\"&\",\n"
    " \"required\":[\"TLS/1.2\",\"HTTP/2\"],\n"
    " \"received\":{\"http\":\"1.0\",\"tls\":\"1.1\"},\n"
    " \"upgrade\":[\"TLS/1.3\",\"TLS/1.2\",\"HTTP/2.0\"],\n"
    " \"hint\":\"Update the client, or the TLS library it uses, to one that supports "
    "TLS/1.2.\"}\n";

static const char plain_text[] =
    "426 Upgrade Required\n\n"
    "This resource is a WebSocket endpoint. The request was a plain HTTP/1.1 GET.\n\n"
    "What to do: Connect with a WebSocket client.\n"
    "Guide:      https://example.com/guide\n\n"
    "Reason:     websocket-missing\nPolicy:     /chat\nRequired:   WebSocket\n"
    "Received:   HTTP/1.1 without TLS\nUpgrade to: websocket\n";

static const char old_tls_text[] =
    "426 Upgrade Required\n\n1 < 2 & \"so\"\xEF\xBF\xBD\n\n"
    "What to do: Update the client, or the TLS library it uses, to one that supports "
    "TLS/1.2.\n\n"
    "Reason:     tls-version\nPolicy:     a<b>\"&\nRequired:   TLS/1.2, HTTP/2\n"
    "Received:   HTTP/1.0 over TLS 1.1\nUpgrade to: TLS/1.3, TLS/1.2, HTTP/2.0\n";

/* Written into exactly the room it needs, after a first pass that only measures. */
static char *body_of(enum ur_media media, const struct ur_refusal *refusal)
{
    struct ur_reply reply = ur_reply_decide(refusal);
    struct ur_buf measure = {NULL, 0, 0};
    struct ur_buf body;
    char *bytes;

    ur_body_write(media, refusal, &reply, &measure);
    bytes = malloc(measure.len + 1);
    body = (struct ur_buf){bytes, measure.len, 0};
    ur_body_write(media, refusal, &reply, &body);
    ok(!ur_buf_full(&body) && body.len == measure.len, "measured as written");
    bytes[measure.len] = '\0';
    return bytes;
}

static void check(enum ur_media media, const struct ur_refusal *refusal, const char *want,
                  const char *name)
{
    char *body = body_of(media, refusal);

    is(body, want, name);
    free(body);
}

/* What only one reason tells: evidence by name, and the subprotocols, in each form. */
static void check_more(void)
{
    static const struct ur_span names[] = {{"chat.v2", 7}, {"<b>", 3}};
    static const struct ur_words accepted = {2, names};
    static const struct {
        enum ur_reason reason;
        enum ur_media media;
        const char *want;
    } parts[] = {
        {UR_REASON_WEBSOCKET_STRIPPED, UR_MEDIA_JSON,
         "\"evidence\":[\"Sec-WebSocket-Key\",\"Via\"]"},
        {UR_REASON_WEBSOCKET_STRIPPED, UR_MEDIA_JSON, "\\nnginx: proxy_http_version 1.1;"},
        {UR_REASON_WEBSOCKET_STRIPPED, UR_MEDIA_TEXT,
         "\nnginx, once in http: map $http_upgrade $connection_upgrade { default upgrade; '' "
         "close; }\n"},
        {UR_REASON_HTTP_VERSION, UR_MEDIA_JSON, "\"evidence\":[\"Via\"]"},
        {UR_REASON_HTTP_VERSION, UR_MEDIA_TEXT, "\nEvidence:   Via\n"},
        {UR_REASON_HTTP_VERSION, UR_MEDIA_HTML, "<dd>Via</dd>"},
        {UR_REASON_HTTP_VERSION, UR_MEDIA_TEXT, "\nnginx: proxy_http_version 1.1;\n"},
        {UR_REASON_WEBSOCKET_HTTP_VERSION, UR_MEDIA_JSON, "\"evidence\":[\"Via\"]"},
        {UR_REASON_WEBSOCKET_HTTP_VERSION, UR_MEDIA_TEXT,
         "\nnginx: proxy_http_version 1.1;\nhttpd: "},
        {UR_REASON_WEBSOCKET_STRIPPED, UR_MEDIA_TEXT, "\nEvidence:   Sec-WebSocket-Key, Via\n"},
        {UR_REASON_WEBSOCKET_STRIPPED, UR_MEDIA_TEXT, "\nHAProxy: mode http"},
        {UR_REASON_WEBSOCKET_STRIPPED, UR_MEDIA_HTML, "<dd>Sec-WebSocket-Key, Via</dd>"},
        {UR_REASON_WEBSOCKET_STRIPPED, UR_MEDIA_HTML,
         "Connection $connection_upgrade;\nHAProxy"},
        {UR_REASON_WEBSOCKET_SUBPROTOCOL, UR_MEDIA_JSON,
         "\"subprotocols\":[\"chat.v2\",\"<b>\"]"},
        {UR_REASON_WEBSOCKET_SUBPROTOCOL, UR_MEDIA_TEXT, "\nAccepted:   chat.v2, <b>\n"},
        {UR_REASON_WEBSOCKET_SUBPROTOCOL, UR_MEDIA_HTML, "<dd>chat.v2, &lt;b&gt;</dd>"},
    };

    for (size_t i = 0; i < COUNT(parts); i++) {
        struct ur_refusal refusal = plain;
        char *body;

        refusal.judgement.reason = parts[i].reason;
        refusal.evidence = 1U << 0 | 1U << 4;
        refusal.subprotocols = &accepted;
        body = body_of(parts[i].media, &refusal);
        if (!ok(strstr(body, parts[i].want) != NULL, "part %zu", i)) {
            printf("# %s", body);
        }
        free(body);
    }
}

/* The type of a problem, by where reasons are explained and whether there is a guide. */
static void check_type(void)
{
    static const struct {
        const char *explained;
        const char *guide;
        const char *want;
    } rows[] = {
        {NULL, NULL, "about:blank"},
        {NULL, "/guide", "about:blank"},
        {"https://example.com/refused.html", NULL,
         "https://example.com/refused.html#websocket-missing"},
        {"https://example.com/refused.html", "/guide", "about:blank"},
        {"https://example.com/?a=\"b\"", NULL,
         "https://example.com/?a=\\\"b\\\"#websocket-missing"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct ur_refusal refusal = plain;
        char want[128];
        char *body;

        refusal.explained = ur_span_of(rows[i].explained);
        refusal.guide = ur_span_of(rows[i].guide);
        snprintf(want, sizeof want, "{\"type\":\"%s\",\n", rows[i].want);
        body = body_of(UR_MEDIA_JSON, &refusal);
        if (!ok(!strncmp(body, want, strlen(want)), "type %zu", i)) {
            printf("# %s", body);
        }
        free(body);
    }
}

static void check_html(void)
{
    char *body = body_of(UR_MEDIA_HTML, &old_tls);
    char *page = body_of(UR_MEDIA_HTML, &plain);

    ok(strstr(body, "<p>1 &lt; 2 &amp; &quot;so&quot;") != NULL,
       "HTML: the message is escaped");
    ok(strstr(body, "<dd>a&lt;b&gt;&quot;&amp;</dd>") != NULL, "HTML: the name is escaped");
    ok(strstr(body, "href") == NULL, "HTML: no link without a guide");
    ok(strstr(page, "<a rel=\"help\" href=\"https://example.com/guide\">") != NULL,
       "HTML: guide");
    ok(strstr(page, "<title>426 Upgrade Required</title>") != NULL, "HTML: title");
    ok(strstr(page, "<dd>HTTP/1.1 without TLS</dd>") != NULL, "HTML: what was received");
    free(body);
    free(page);
}

/* A method that httpd does not know is absent: nothing of it can be echoed. */
static void check_unknown_method(void)
{
    struct ur_refusal refusal = plain;
    char *body;

    refusal.method = (struct ur_span){NULL, 0};
    body = body_of(UR_MEDIA_TEXT, &refusal);
    ok(strstr(body, "a plain HTTP/1.1 request.") != NULL, "unknown method");
    free(body);
}

static void check_rehearsal(void)
{
    static const char *const parts[UR_MEDIAS][2] = {
        [UR_MEDIA_JSON] = {"GET. This is a rehearsal that ends at 2026-12-01T10:00:00Z; from "
                           "2027-01-01T00:00:00Z such requests will always be refused.\"",
                           "\"enforced_from\":\"2027-01-01T00:00:00Z\"}\n"},
        [UR_MEDIA_HTML] = {"</p>\n<p>This is a rehearsal that ends at 2026-12-01T10:00:00Z; ",
                           "<dt>Enforced from</dt><dd>2027-01-01T00:00:00Z</dd>"},
        [UR_MEDIA_TEXT] = {"\nThis is a rehearsal that ends at 2026-12-01T10:00:00Z; ",
                           "\nEnforced:   from 2027-01-01T00:00:00Z\n"},
    };
    struct ur_refusal refusal = plain;

    refusal.rehearsal_ends = "2026-12-01T10:00:00Z";
    for (int media = 0; media < UR_MEDIAS; media++) {
        char *body;
        refusal.enforced_from = "2027-01-01T00:00:00Z";
        body = body_of((enum ur_media)media, &refusal);
        ok(strstr(body, parts[media][0]) && strstr(body, parts[media][1]), "rehearsal %d",
           media);
        free(body);
        refusal.enforced_from = NULL;
        body = body_of((enum ur_media)media, &refusal);
        ok(strstr(body, "the date from which such requests will always be refused has not been "
                        "set yet.") &&
               !strstr(body, "nforced"),
           "rehearsal without a date %d", media);
        free(body);
    }
}

int main(void)
{
    check_rehearsal();
    check(UR_MEDIA_JSON, &plain, plain_json, "JSON");
    check(UR_MEDIA_JSON, &old_tls, old_tls_json, "JSON, foreign text");
    check(UR_MEDIA_TEXT, &plain, plain_text, "text");
    check(UR_MEDIA_TEXT, &old_tls, old_tls_text, "text, foreign text");
    check_html();
    check_more();
    check_type();
    check_unknown_method();
    return tap_done();
}
