#include "values/ur_origin.h"

#include <string.h>

struct parts {
    struct ur_span scheme;
    struct ur_span host; /* an IPv6 address with its brackets */
    struct ur_span port; /* empty where it is the scheme's own */
};

static bool all_digits(struct ur_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
    }
    return true;
}

static bool is_host(struct ur_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] <= 0x20 || strchr("/?#@,;\"'<>\\", text.at[i])) {
            return false;
        }
    }
    return text.len > 0;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static bool split_host(struct ur_span text, struct parts *parts)
{
    const char *bracket = text.len ? memchr(text.at, ']', text.len) : NULL;
    size_t skip = bracket ? (size_t)(bracket - text.at) : 0;
    const char *colon = text.len ? memchr(text.at + skip, ':', text.len - skip) : NULL;
    size_t len = colon ? (size_t)(colon - text.at) : text.len;

    parts->host = (struct ur_span){text.at, len};
    parts->port = UR_SPAN("");
    if (colon) {
        parts->port = (struct ur_span){colon + 1, text.len - len - 1};
        if (!parts->port.len || parts->port.len > 5 || !all_digits(parts->port)) {
            return false;
        }
    }
    return is_host(parts->host);
}

static void drop_default_port(struct parts *parts)
{
    bool tls = ur_span_is(parts->scheme, UR_SPAN("https"));

    if (ur_span_is(parts->port, tls ? UR_SPAN("443") : UR_SPAN("80"))) {
        parts->port.len = 0;
    }
}

static bool parse(struct ur_span text, struct parts *parts)
{
    static const struct ur_span schemes[] = {{"https://", 8}, {"http://", 7}};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t len = schemes[i].len;
        if (text.len > len && ur_span_is((struct ur_span){text.at, len}, schemes[i])) {
            if (!split_host((struct ur_span){text.at + len, text.len - len}, parts)) {
                return false;
            }
            parts->scheme = (struct ur_span){text.at, len - 3};
            drop_default_port(parts);
            return true;
        }
    }
    return false;
}

static bool same_parts(const struct parts *one, const struct parts *other)
{
    return ur_span_is(one->scheme, other->scheme) && ur_span_is(one->host, other->host) &&
           ur_span_is(one->port, other->port);
}

const char *ur_origin_complaint(struct ur_span text)
{
    struct parts parts;

    if (ur_span_is(text, UR_SPAN("null")) || parse(text, &parts)) {
        return NULL;
    }
    return "is no origin; write any, same, null, or scheme://host or scheme://host:port "
           "without a path, with the scheme http or https";
}

bool ur_origin_same(struct ur_span one, struct ur_span other)
{
    struct parts one_parts;
    struct parts other_parts;

    if (ur_span_is(one, UR_SPAN("null"))) {
        return ur_span_is(other, UR_SPAN("null"));
    }
    return parse(one, &one_parts) && parse(other, &other_parts) &&
           same_parts(&one_parts, &other_parts);
}

bool ur_origin_is_own(struct ur_span origin, bool tls, struct ur_span host)
{
    struct parts theirs;
    struct parts own;

    if (!parse(origin, &theirs) || !split_host(host, &own)) {
        return false;
    }
    own.scheme = tls ? UR_SPAN("https") : UR_SPAN("http");
    drop_default_port(&own);
    return same_parts(&theirs, &own);
}
