#include "core/policy/ur_trusted_proxy.h"

#include "core/protocol/ur_group.h"
#include "core/text/ur_list.h"

/* Whether value is the version, with this prefix or alone. */
static bool is_version(struct ur_span value, struct ur_span prefix, const char *version)
{
    if (value.len > prefix.len && ur_span_is((struct ur_span){value.at, prefix.len}, prefix)) {
        value = (struct ur_span){value.at + prefix.len, value.len - prefix.len};
    }
    return ur_span_is(value, ur_span_of(version));
}

static bool read_tls(struct ur_span value, int *tls)
{
    for (enum ur_tls known = UR_TLS_1_0; known <= UR_TLS_1_3; known++) {
        const char *version = ur_protocol_tls(known);
        if (is_version(value, UR_SPAN("TLSv"), version) ||
            is_version(value, UR_SPAN("TLS/"), version)) {
            *tls = (int)known;
            return true;
        }
    }
    *tls = UR_TLS_1_0;
    return ur_span_is(value, UR_SPAN("TLSv1"));
}

static bool read_http(struct ur_span value, int *http)
{
    static const struct {
        const char *version;
        enum ur_http http;
    } versions[] = {
        {"0.9", UR_HTTP_0_9}, {"1.0", UR_HTTP_1_0}, {"1.1", UR_HTTP_1_1}, {"2", UR_HTTP_2},
        {"2.0", UR_HTTP_2},   {"3", UR_HTTP_2},     {"3.0", UR_HTTP_2},
    };

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (is_version(value, UR_SPAN("HTTP/"), versions[i].version)) {
            *http = (int)versions[i].http;
            return true;
        }
    }
    *http = UR_HTTP_2; /* by the names of ALPN */
    return ur_span_is(value, UR_SPAN("h2")) || ur_span_is(value, UR_SPAN("h3"));
}

/* Whether it is a secure one. */
static bool read_scheme(struct ur_span value, int *secure)
{
    *secure = ur_span_is(value, UR_SPAN("https")) || ur_span_is(value, UR_SPAN("wss"));
    return *secure || ur_span_is(value, UR_SPAN("http")) || ur_span_is(value, UR_SPAN("ws"));
}

static bool read_group(struct ur_span value, int *group)
{
    *group = ur_group_from_name(value);
    return *group != UR_GROUP_UNKNOWN;
}

static bool says_nothing(struct ur_span value)
{
    return ur_span_is(value, UR_SPAN("-")) || ur_span_is(value, UR_SPAN("(null)"));
}

/* Two proxies in a row leave a list, as does one that appends to what its client sent. As long
 * as its members mean the same, it does not matter who wrote which. *meaning counts only if the
 * statement was understood. */
static enum ur_heard hear(const struct ur_statement *statement,
                          bool (*read)(struct ur_span, int *), int *meaning)
{
    enum ur_heard heard = UR_HEARD_NOTHING;
    struct ur_span rest = statement->value;
    struct ur_span member;

    while (!says_nothing(statement->value) && ur_list_next(&rest, &member)) {
        int said;
        if (statement->disowned) {
            return UR_HEARD_DISOWNED;
        }
        if (!read(member, &said)) {
            return UR_HEARD_UNKNOWN;
        }
        if (heard == UR_HEARD_WELL && said != *meaning) {
            return UR_HEARD_CONTRADICTORY;
        }
        heard = UR_HEARD_WELL;
        *meaning = said;
    }
    return heard;
}

static bool speaks_of_tls(const enum ur_heard heard[UR_STATEMENTS])
{
    return heard[UR_STATED_TLS] != UR_HEARD_NOTHING ||
           heard[UR_STATED_SCHEME] != UR_HEARD_NOTHING ||
           heard[UR_STATED_GROUP] != UR_HEARD_NOTHING;
}

/* After the version of TLS that counts is known. clear: the scheme says so. */
static void hear_key_exchange(const struct ur_statement *stated, bool clear,
                              struct ur_forwarded *forwarded)
{
    struct ur_seen *seen = &forwarded->seen;
    enum ur_heard *heard = &forwarded->heard[UR_STATED_GROUP];
    int group = UR_GROUP_UNKNOWN;

    *heard = hear(stated, read_group, &group);
    if (!speaks_of_tls(forwarded->heard)) {
        return;
    }
    if (*heard == UR_HEARD_WELL && clear) {
        *heard = UR_HEARD_CONTRADICTORY;
    }
    seen->group = UR_GROUP_UNKNOWN;
    if (*heard == UR_HEARD_WELL) {
        seen->tls = seen->tls == UR_TLS_NONE ? UR_TLS_SOME : seen->tls;
        seen->group = (uint16_t)group;
        seen->key_exchange =
            ur_group_post_quantum(seen->group) ? UR_KEX_POST_QUANTUM : UR_KEX_FORWARD_SECRET;
    }
    else {
        bool version = forwarded->heard[UR_STATED_TLS] == UR_HEARD_WELL;
        seen->key_exchange = ur_protocol_key_exchange_of(
            version || seen->tls == UR_TLS_NONE ? seen->tls : UR_TLS_SOME,
            (struct ur_span){NULL, 0}, UR_GROUP_UNKNOWN, false);
    }
}

struct ur_forwarded ur_trusted_proxy_hear(struct ur_seen own,
                                          const struct ur_statement stated[UR_STATEMENTS])
{
    struct ur_forwarded forwarded = {.seen = own};
    enum ur_heard *heard = forwarded.heard;
    int http = 0;
    int tls = 0;
    int secure = 0;

    heard[UR_STATED_HTTP] = hear(&stated[UR_STATED_HTTP], read_http, &http);
    heard[UR_STATED_TLS] = hear(&stated[UR_STATED_TLS], read_tls, &tls);
    heard[UR_STATED_SCHEME] = hear(&stated[UR_STATED_SCHEME], read_scheme, &secure);
    if (heard[UR_STATED_HTTP] == UR_HEARD_WELL) {
        forwarded.seen.http = (enum ur_http)http;
    }
    if (heard[UR_STATED_SCHEME] == UR_HEARD_WELL) {
        forwarded.seen.tls = secure ? UR_TLS_SOME : UR_TLS_NONE;
        if (!secure && heard[UR_STATED_TLS] == UR_HEARD_WELL) {
            heard[UR_STATED_TLS] = UR_HEARD_CONTRADICTORY;
        }
    }
    if (heard[UR_STATED_TLS] == UR_HEARD_WELL) {
        forwarded.seen.tls = (enum ur_tls)tls;
    }
    hear_key_exchange(&stated[UR_STATED_GROUP],
                      heard[UR_STATED_SCHEME] == UR_HEARD_WELL && !secure, &forwarded);
    return forwarded;
}

bool ur_trusted_proxy_surely_clear(const struct ur_forwarded *forwarded)
{
    return !ur_trusted_proxy_heard_word(forwarded->heard[UR_STATED_TLS]) &&
           !ur_trusted_proxy_heard_word(forwarded->heard[UR_STATED_SCHEME]);
}

void ur_trusted_proxy_tell(const struct ur_forwarded *forwarded, struct ur_buf *out)
{
    const char *before = ", not understood: ";

    for (enum ur_stated stated = 0; stated < UR_STATEMENTS; stated++) {
        const char *heard = ur_trusted_proxy_heard_word(forwarded->heard[stated]);
        if (heard) {
            ur_buf_string(out, before);
            ur_buf_string(out, ur_trusted_proxy_stated_word(stated));
            ur_buf_literal(out, "=");
            ur_buf_string(out, heard);
            before = ", ";
        }
    }
}

const char *ur_trusted_proxy_stated_word(enum ur_stated stated)
{
    static const char *const words[UR_STATEMENTS] = {[UR_STATED_TLS] = "tls",
                                                     [UR_STATED_HTTP] = "http",
                                                     [UR_STATED_SCHEME] = "scheme",
                                                     [UR_STATED_GROUP] = "group"};

    return words[stated];
}

const char *ur_trusted_proxy_heard_word(enum ur_heard heard)
{
    switch (heard) {
    case UR_HEARD_UNKNOWN:
        return "unknown";
    case UR_HEARD_CONTRADICTORY:
        return "contradictory";
    case UR_HEARD_DISOWNED:
        return "disowned";
    default:
        return NULL;
    }
}
