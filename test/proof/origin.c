/* Proves: an origin is taken apart in bounds, whatever is sent: its scheme and its host lie
 *   within what was sent, its port is one that there is. An origin of http or https has a
 *   host that is a name, an IPv4 address or an IPv6 address in brackets, and one that is
 *   accepted ends in its host, a dot, and its port. So does the value of Host.
 * Assumes: words are compared (span.c); names, addresses and ports are read (origin_parts.c).
 * Bound: 32 bytes
 * Unwind: 34 strlen.0:48 strchr.0:24
 * Instead: ur_span_is any_equality
 * Instead: parse_port any_port
 * Instead: is_name any_name
 * Instead: ends_in_number any_name
 * Instead: is_address any_address
 * Mutant: core/protocol/ur_origin.c: text.len - len < 3 || => text.len - len < 2 ||
 * Mutant: core/protocol/ur_origin.c: text.len - len - 3}; => text.len - len - 2};
 * Mutant: core/protocol/ur_origin.c: authority.len - origin->host.len}; => authority.len};
 * Mutant: core/protocol/ur_origin.c: origin->host.len && origin->host.at[origin->host.len - 1]
 *   == '.' => origin->host.at[origin->host.len - 1] == '.'
 */
#include "core/protocol/ur_origin.c"
#include "contracts.h"

#define SIZE 32

const char *any_port(struct ur_span digits, struct ur_origin *origin)
{
    PROVE(READABLE(digits));
    origin->port = (unsigned)any_up_to(99999);
    return origin->port && origin->port <= 65535 && digits.len && any_bool() ? NULL : NO_PORT;
}

bool any_name(struct ur_span name)
{
    PROVE(READABLE(name));
    return name.len && any_bool();
}

bool any_address(int family, struct ur_span text, unsigned char *address)
{
    PROVE(READABLE(text));
    address[family == AF_INET ? 3 : 15] = 1;
    return text.len && any_bool();
}

static void prove_parts(const struct ur_origin *origin, struct ur_span text)
{
    const char *end = text.at + text.len;
    const char *behind = origin->host.at + origin->host.len;

    PROVE(origin->kind <= UR_ORIGIN_APPLICATION && !origin->subdomains);
    PROVE(origin->kind == UR_ORIGIN_OPAQUE || is_within(origin->host, text));
    PROVE(!is_web(origin) || (origin->host.len && origin->port >= 1 && origin->port <= 65535));
    if (is_web(origin)) {
        PROVE(behind == end || *behind == '.' || *behind == ':' ||
              (*behind == ']' && origin->ipv6));
    }
}

int main(void)
{
    struct ur_span text = any_bytes(SIZE);
    struct ur_origin origin;
    struct ur_origin own;

    if (ur_origin_read(text, &origin)) {
        prove_parts(&origin, text);
        PROVE(origin.kind == UR_ORIGIN_OPAQUE ||
              (origin.scheme.at == text.at && text.at[origin.scheme.len] == ':'));
        POSSIBLE(origin.kind == UR_ORIGIN_APPLICATION);
        POSSIBLE(origin.ipv6);
    }
    if (ur_origin_own(true, text, &own)) {
        prove_parts(&own, text);
        PROVE(is_web(&own) && own.host.at <= text.at + 1);
        POSSIBLE(own.port == 8443 && own.host.len == 20);
    }
}
