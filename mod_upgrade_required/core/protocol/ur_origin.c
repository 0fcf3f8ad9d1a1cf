#include "core/protocol/ur_origin.h"

#include "core/text/ur_ascii.h"

#include <arpa/inet.h>
#include <string.h>

static const char NO_ORIGIN[] =
    "not an origin; use any, same, null, scheme://host or scheme://host:port, without a path";
static const char NO_PAGE[] = "no page has an origin with this scheme; use https://, http://, "
                              "the scheme of an application such as capacitor://, or null";
static const char BEYOND_ASCII[] =
    "contains characters beyond ASCII, which browsers do not send; use the ASCII form of the "
    "name (xn--...), as location.origin shows it on such a page";
static const char NO_WILDCARD[] = "* is not allowed here; use *. once, before a name, as in "
                                  "https://*.example.com, or any alone for every origin";
static const char NO_NAME[] =
    "not a valid host name; use letters, digits, - and _, separated by single dots";
static const char NO_IPV4[] = "ends in a number but is not an IPv4 address; use four decimal "
                              "numbers, as in http://192.0.2.1";
static const char NO_IPV6[] =
    "not an IPv6 address in brackets; use a form such as http://[2001:db8::1]";
static const char NO_PORT[] = "not a valid port; use 1 to 65535, or none";
static const char FILE_HOST[] =
    "file: has no host in an origin; use file:// for Chromium, null for other browsers";

static const struct ur_span SCHEMES[] = {[UR_ORIGIN_OPAQUE] = {NULL, 0},
                                         [UR_ORIGIN_HTTP] = {"http", 4},
                                         [UR_ORIGIN_HTTPS] = {"https", 5},
                                         [UR_ORIGIN_FILE] = {"file", 4}};

static bool all(struct ur_span text, bool (*is)(char))
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is(text.at[i])) {
            return false;
        }
    }
    return true;
}

static bool is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

static bool is_scheme_char(char c)
{
    return ur_is_alpha(c) || ur_is_digit(c) || (c && strchr("+-.", c));
}

/* The letters of "https" alone make nothing but that and its misspellings. */
static bool is_https_letter(char c)
{
    return c && strchr("htpsHTPS", c);
}

/* Applications choose these as they like. */
static bool is_application_host_char(char c)
{
    return ur_is_alpha(c) || ur_is_digit(c) || (c && strchr("-._~", c));
}

static bool is_hex(char c)
{
    return ur_is_digit(c) || (c && strchr("abcdefABCDEF", c));
}

static bool is_web(const struct ur_origin *origin)
{
    return origin->kind == UR_ORIGIN_HTTP || origin->kind == UR_ORIGIN_HTTPS;
}

static unsigned own_port(const struct ur_origin *origin)
{
    return origin->kind == UR_ORIGIN_HTTPS ? 443 : origin->kind == UR_ORIGIN_HTTP ? 80 : 0;
}

static bool is_address(int family, struct ur_span text, unsigned char *address)
{
    char copy[INET6_ADDRSTRLEN] = "";

    if (!text.len || text.len >= sizeof copy || memchr(text.at, '\0', text.len)) {
        return false;
    }
    memcpy(copy, text.at, text.len);
    return inet_pton(family, copy, address) == 1;
}

/* Such a host is an IPv4 address or nothing to browsers (WHATWG URL, 3.5). */
static bool ends_in_number(struct ur_span name)
{
    struct ur_span last = {name.at + name.len, 0};

    while (last.at > name.at && last.at[-1] != '.') {
        last.at--;
        last.len++;
    }
    if (last.len >= 2 && last.at[0] == '0' && (last.at[1] == 'x' || last.at[1] == 'X')) {
        return all((struct ur_span){last.at + 2, last.len - 2}, is_hex);
    }
    return last.len && all(last, ur_is_digit);
}

/* Browsers look up names with underscores too. */
static bool is_label_char(char c)
{
    return ur_is_alpha(c) || ur_is_digit(c) || c == '-' || c == '_';
}

static bool is_name(struct ur_span name)
{
    size_t label = 0;

    for (size_t i = 0; i < name.len; i++) {
        bool ends = name.at[i] == '.';

        if (ends ? !label : label == 63 || !is_label_char(name.at[i])) {
            return false;
        }
        label = ends ? 0 : label + 1;
    }
    return label && name.len <= 253;
}

/* A dot at the end makes no other name of it, neither for DNS nor for httpd. */
static const char *check_web_host(struct ur_origin *origin)
{
    unsigned char address[4];

    if (origin->host.len && origin->host.at[origin->host.len - 1] == '.') {
        origin->host.len--;
    }
    if (!ends_in_number(origin->host)) {
        return is_name(origin->host) ? NULL : NO_NAME;
    }
    return !origin->subdomains && is_address(AF_INET, origin->host, address) ? NULL : NO_IPV4;
}

static const char *check_application_host(const struct ur_origin *origin)
{
    if (origin->kind == UR_ORIGIN_FILE) {
        return origin->host.len || origin->port ? FILE_HOST : NULL;
    }
    return origin->host.len && all(origin->host, is_application_host_char) ? NULL : NO_NAME;
}

static const char *parse_port(struct ur_span digits, struct ur_origin *origin)
{
    unsigned port = 0;

    if (!digits.len || digits.len > 5 || !all(digits, ur_is_digit)) {
        return NO_PORT;
    }
    for (size_t i = 0; i < digits.len; i++) {
        port = port * 10 + (unsigned)(digits.at[i] - '0');
    }
    origin->port = port;
    return port && port <= 65535 ? NULL : NO_PORT;
}

static const char *parse_ipv6(struct ur_span authority, struct ur_origin *origin,
                              struct ur_span *rest)
{
    const char *end = memchr(authority.at, ']', authority.len);
    size_t len = end ? (size_t)(end - authority.at) : 0;

    if (len < 2) {
        return NO_IPV6;
    }
    origin->host = (struct ur_span){authority.at + 1, len - 1};
    origin->ipv6 = true;
    *rest = (struct ur_span){end + 1, authority.len - len - 1};
    return is_address(AF_INET6, origin->host, origin->address) && !origin->subdomains ? NULL
                                                                                      : NO_IPV6;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static const char *parse_authority(struct ur_span authority, struct ur_origin *origin)
{
    const char *complaint = NULL;
    const char *colon;
    struct ur_span rest = {authority.at, 0};

    origin->port = own_port(origin);
    if (authority.len && authority.at[0] == '[') {
        complaint = parse_ipv6(authority, origin, &rest);
    }
    else {
        colon = authority.len ? memchr(authority.at, ':', authority.len) : NULL;
        origin->host.at = authority.at;
        origin->host.len = colon ? (size_t)(colon - authority.at) : authority.len;
        rest =
            (struct ur_span){authority.at + origin->host.len, authority.len - origin->host.len};
    }
    if (!complaint && rest.len) {
        complaint = rest.at[0] == ':'
                        ? parse_port((struct ur_span){rest.at + 1, rest.len - 1}, origin)
                        : NO_IPV6;
    }
    if (complaint || origin->ipv6) {
        return complaint;
    }
    return is_web(origin) ? check_web_host(origin) : check_application_host(origin);
}

static enum ur_origin_kind kind_of(struct ur_span scheme)
{
    enum ur_origin_kind kind = UR_ORIGIN_HTTP;

    while (kind < UR_ORIGIN_APPLICATION && !ur_span_is(scheme, SCHEMES[kind])) {
        kind++;
    }
    return kind;
}

/* The part before "://" goes to *origin, and the part after it to *authority; false if there is
 * no scheme. */
static bool split_scheme(struct ur_span text, struct ur_origin *origin,
                         struct ur_span *authority)
{
    const char *colon = text.len ? memchr(text.at, ':', text.len) : NULL;
    size_t len = colon ? (size_t)(colon - text.at) : 0;

    if (!len || text.len - len < 3 || colon[1] != '/' || colon[2] != '/') {
        return false;
    }
    origin->scheme = (struct ur_span){text.at, len};
    origin->kind = kind_of(origin->scheme);
    *authority = (struct ur_span){colon + 3, text.len - len - 3};
    return ur_is_alpha(text.at[0]) && all(origin->scheme, is_scheme_char);
}

static bool is_null(struct ur_span text)
{
    return ur_span_is(text, UR_SPAN("null"));
}

bool ur_origin_read(struct ur_span text, struct ur_origin *origin)
{
    struct ur_span authority;

    memset(origin, 0, sizeof *origin);
    return is_null(text) ||
           (split_scheme(text, origin, &authority) && !parse_authority(authority, origin));
}

/* Schemes of which no page is, and misspellings of the two of which most are. */
static bool is_pageless(const struct ur_origin *pattern)
{
    static const struct ur_span schemes[] = {{"ws", 2},         {"wss", 3},  {"ftp", 3},
                                             {"data", 4},       {"blob", 4}, {"about", 5},
                                             {"javascript", 10}};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (ur_span_is(pattern->scheme, schemes[i])) {
            return true;
        }
    }
    return !is_web(pattern) && all(pattern->scheme, is_https_letter);
}

/* What is wrong before anything is known of the parts. */
static const char *check_bytes(struct ur_span authority)
{
    for (size_t i = 0; i < authority.len; i++) {
        if ((unsigned char)authority.at[i] <= 0x20 || strchr("/?#@,;\\", authority.at[i])) {
            return NO_ORIGIN;
        }
    }
    return NULL;
}

static const char *parse_pattern(struct ur_span authority, struct ur_origin *pattern)
{
    const char *complaint = check_bytes(authority);

    if (complaint) {
        return complaint;
    }
    if (is_web(pattern) && authority.len > 2 && memcmp(authority.at, "*.", 2) == 0) {
        pattern->subdomains = true;
        authority = (struct ur_span){authority.at + 2, authority.len - 2};
    }
    if (authority.len && memchr(authority.at, '*', authority.len)) {
        return NO_WILDCARD;
    }
    return parse_authority(authority, pattern);
}

const char *ur_origin_pattern(struct ur_span text, struct ur_origin *pattern)
{
    struct ur_span authority;

    memset(pattern, 0, sizeof *pattern);
    if (is_null(text)) {
        return NULL;
    }
    if (!all(text, is_ascii)) {
        return BEYOND_ASCII;
    }
    if (!split_scheme(text, pattern, &authority)) {
        return text.len && memchr(text.at, '*', text.len) ? NO_WILDCARD : NO_ORIGIN;
    }
    return is_pageless(pattern) ? NO_PAGE : parse_pattern(authority, pattern);
}

bool ur_origin_own(bool tls, struct ur_span host, struct ur_origin *own)
{
    memset(own, 0, sizeof *own);
    own->kind = tls ? UR_ORIGIN_HTTPS : UR_ORIGIN_HTTP;
    own->scheme = SCHEMES[own->kind];
    return ur_span_present(host) && !parse_authority(host, own);
}

/* The part before the dot is not compared, but is at least one label: a name has no empty ones.
 */
static bool is_below(struct ur_span name, struct ur_span host)
{
    size_t before = name.len > host.len ? name.len - host.len : 0;

    return before > 1 && name.at[before - 1] == '.' &&
           ur_span_is((struct ur_span){name.at + before, host.len}, host);
}

static bool same_host(const struct ur_origin *one, const struct ur_origin *other)
{
    return one->ipv6 ? memcmp(one->address, other->address, sizeof one->address) == 0
                     : ur_span_is(one->host, other->host);
}

bool ur_origin_matches(const struct ur_origin *pattern, const struct ur_origin *origin)
{
    if (pattern->kind != origin->kind || pattern->port != origin->port ||
        pattern->ipv6 != origin->ipv6) {
        return false;
    }
    if (pattern->kind == UR_ORIGIN_OPAQUE) {
        return true;
    }
    if (pattern->kind == UR_ORIGIN_APPLICATION &&
        !ur_span_is(pattern->scheme, origin->scheme)) {
        return false;
    }
    return pattern->subdomains ? is_below(origin->host, pattern->host)
                               : same_host(pattern, origin);
}

void ur_origin_write(struct ur_buf *out, const struct ur_origin *origin)
{
    if (origin->kind == UR_ORIGIN_OPAQUE) {
        ur_buf_literal(out, "null");
        return;
    }
    ur_buf_bytes(out, origin->scheme.at, origin->scheme.len);
    ur_buf_string(out, origin->ipv6 ? "://[" : origin->subdomains ? "://*." : "://");
    ur_buf_bytes(out, origin->host.at, origin->host.len);
    ur_buf_string(out, origin->ipv6 ? "]" : "");
    if (origin->port != own_port(origin)) {
        ur_buf_literal(out, ":");
        ur_buf_number(out, origin->port);
    }
}
