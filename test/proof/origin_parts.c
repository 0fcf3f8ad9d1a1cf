/* Proves: the parts of an origin are read in bounds: a port that is accepted is one of 1 to
 *   65535; a name has no empty label, and letters, digits, - and _ only; an address is what is
 *   between the brackets, and what follows begins behind them.
 * Assumes: nothing
 * Bound: 32 bytes; a port of 7, of which more than 5 make none
 * Unwind: 34 strlen.0:48 strchr.0:24
 * Mutant: core/protocol/ur_origin.c: digits.len > 5 || => digits.len > 7 ||
 * Mutant: core/protocol/ur_origin.c: port && port <= 65535 ? => port <= 65535 ?
 * Mutant: core/protocol/ur_origin.c: ends ? !label : => ends ? false :
 * Mutant: core/protocol/ur_origin.c: last.at > name.at && last.at[-1] => last.at[-1]
 * Mutant: core/protocol/ur_origin.c: authority.len - len - 1}; => authority.len - len};
 */
#include "core/protocol/ur_origin.c"
#include "proof.h"

#define SIZE 32

static void read_port(struct ur_span digits)
{
    struct ur_origin origin = {.kind = UR_ORIGIN_HTTP};
    bool good = !parse_port(digits, &origin);

    PROVE(!good || (origin.port >= 1 && origin.port <= 65535));
    PROVE(!good || (digits.len >= 1 && digits.len <= 5));
    PROVE(!good || ur_is_digit(digits.at[digits.len - 1]));
}

static void read_name(struct ur_span name)
{
    size_t at = any_up_to(SIZE - 1);
    bool good = is_name(name);

    (void)ends_in_number(name);
    PROVE(!good || name.len);
    if (good && at < name.len) {
        PROVE(name.at[at] == '.' || is_label_char(name.at[at]));
        PROVE(name.at[at] != '.' || (at && name.at[at - 1] != '.' && at + 1 < name.len));
    }
}

static void read_address(struct ur_span authority)
{
    struct ur_origin origin = {.kind = UR_ORIGIN_HTTP};
    struct ur_span rest = {NULL, 0};

    ASSUME(authority.at[0] == '[');
    if (!parse_ipv6(authority, &origin, &rest)) {
        PROVE(origin.ipv6 && origin.host.len && is_within(origin.host, authority));
        PROVE(origin.host.at[origin.host.len] == ']');
        PROVE(rest.at == origin.host.at + origin.host.len + 1);
        PROVE(rest.at + rest.len == authority.at + authority.len);
        POSSIBLE(rest.len == 3);
    }
}

int main(void)
{
    struct ur_span name = any_bytes(SIZE);
    struct ur_origin origin = {.kind = UR_ORIGIN_HTTP};

    FOR_EACH_LENGTH(7, read_port);
    for (size_t len = 0; len <= 3; len++) {
        read_name(any_bytes(len));
    }
    read_name(name);
    read_address(any_bytes(SIZE));
    POSSIBLE(is_name(name) && name.at[3] == '.' && ends_in_number(name));
    POSSIBLE(!parse_port(any_bytes(5), &origin) && origin.port == 65535);
}
