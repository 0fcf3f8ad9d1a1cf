#include "tap.h"

#include "core/policy/ur_reason.h"

#include <ctype.h>

/* The words are public: dashboards and log filters match on them. */
static const struct {
    enum ur_reason reason;
    const char *word;
    int status;
} published[] = {
    {UR_REASON_NONE, "none", 200},
    {UR_REASON_TLS_MISSING, "tls-missing", 426},
    {UR_REASON_TLS_VERSION, "tls-version", 426},
    {UR_REASON_KEY_EXCHANGE, "key-exchange", 426},
    {UR_REASON_HTTP_VERSION, "http-version", 426},
    {UR_REASON_WEBSOCKET_STRIPPED, "websocket-stripped", 426},
    {UR_REASON_WEBSOCKET_MISSING, "websocket-missing", 426},
    {UR_REASON_WEBSOCKET_HTTP_VERSION, "websocket-http-version", 426},
    {UR_REASON_WEBSOCKET_METHOD, "websocket-method", 405},
    {UR_REASON_WEBSOCKET_BODY, "websocket-body", 400},
    {UR_REASON_WEBSOCKET_VERSION, "websocket-version", 426},
    {UR_REASON_WEBSOCKET_KEY, "websocket-key", 400},
    {UR_REASON_WEBSOCKET_CONNECTION, "websocket-connection", 400},
    {UR_REASON_WEBSOCKET_ORIGIN, "websocket-origin", 403},
    {UR_REASON_WEBSOCKET_SUBPROTOCOL, "websocket-subprotocol", 400},
    {UR_REASON_TUNNEL_LIMIT, "tunnel-limit", 429},
};

/* A percent sign without a known letter would run past the end or print nonsense. */
static bool templates_sound(const char *template)
{
    for (const char *mark = template; (mark = strchr(mark, '%')); mark += 2) {
        if (!mark[1] || !strchr("THRthmPkG", mark[1])) {
            return false;
        }
    }
    return true;
}

int main(void)
{
    ok(COUNT(published) == UR_REASONS, "every reason is published");
    for (size_t i = 0; i < COUNT(published); i++) {
        const struct ur_reason_row *row = ur_reason_row(published[i].reason);

        is(row->word, published[i].word, published[i].word);
        ok(row->status == published[i].status, "%s: status %d", row->word, row->status);
        ok((row->family == UR_FAMILY_WEBSOCKET) == !strncmp(row->word, "websocket-", 10),
           "%s: family", row->word);
        ok(templates_sound(row->detail) && templates_sound(row->hint), "%s: templates",
           row->word);
        ok(!i || (*row->detail && *row->hint), "%s: has detail and hint", row->word);
        ok(templates_sound(row->phrase), "%s: phrase", row->word);
        /* httpd replaces a status line that goes on otherwise by its own. */
        ok(!i || isalnum((unsigned char)*row->phrase) || *row->phrase == '%',
           "%s: the phrase begins with a word", row->word);
    }
    is(ur_reason_verdict_word(UR_VERDICT_REFUSE), "refuse", "refuse");
    is(ur_reason_verdict_word(UR_VERDICT_REDIRECT), "redirect", "redirect");
    is(ur_reason_verdict_word(UR_VERDICT_EXCEPT), "except", "except");
    is(ur_reason_verdict_word(UR_VERDICT_ANNOUNCE), "announce", "announce");
    is(ur_reason_verdict_word(UR_VERDICT_ALLOW), "allow", "allow");
    return tap_done();
}
