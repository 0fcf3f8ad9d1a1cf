#include "core/protocol/ur_ssl_protocol.h"

#include "core/protocol/ur_group.h"

#include <string.h>

#define ALL ((1U << (UR_TLS_1_3 + 1)) - (1U << UR_TLS_1_0))

/* A word may be quoted. */
static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '"' || c == '\'';
}

static struct ur_span next_word(struct ur_span *rest)
{
    struct ur_span word;

    while (rest->len && is_space(rest->at[0])) {
        rest->at++;
        rest->len--;
    }
    word = (struct ur_span){rest->at, 0};
    while (word.len < rest->len && !is_space(rest->at[word.len])) {
        word.len++;
    }
    rest->at += word.len;
    rest->len -= word.len;
    return word;
}

static unsigned versions_of(struct ur_span word)
{
    enum ur_tls tls = ur_protocol_tls_from_name(word);

    if (ur_span_is(word, UR_SPAN("all"))) {
        return ALL;
    }
    return tls == UR_TLS_SOME ? 0 : 1U << tls;
}

/* A word without a sign starts over. */
unsigned ur_ssl_protocol_tls(struct ur_span arguments)
{
    unsigned versions = 0;

    for (struct ur_span word = next_word(&arguments); word.len; word = next_word(&arguments)) {
        char sign = word.at[0];
        if (sign == '+' || sign == '-') {
            word.at++;
            word.len--;
        }
        if (sign == '-') {
            versions &= ~versions_of(word);
        }
        else if (sign == '+') {
            versions |= versions_of(word);
        }
        else {
            versions = versions_of(word);
        }
    }
    return versions;
}

static bool is_separator(char c)
{
    return c == ':' || c == '/' || is_space(c);
}

/* A group with its prefixes; empty at the end. */
static struct ur_span next_group(struct ur_span *rest)
{
    struct ur_span group;

    while (rest->len && is_separator(rest->at[0])) {
        rest->at++;
        rest->len--;
    }
    group = (struct ur_span){rest->at, 0};
    while (group.len < rest->len && !is_separator(rest->at[group.len])) {
        group.len++;
    }
    rest->at += group.len;
    rest->len -= group.len;
    return group;
}

/* Cuts the prefixes off. */
static bool is_removed(struct ur_span *group)
{
    bool removed = false;

    while (group->len && strchr("*?-", group->at[0])) {
        removed = removed || group->at[0] == '-';
        group->at++;
        group->len--;
    }
    return removed;
}

bool ur_ssl_protocol_may_be_post_quantum(struct ur_span groups)
{
    uint64_t places = 0;
    bool doubtful = false;

    for (struct ur_span group = next_group(&groups); group.len; group = next_group(&groups)) {
        bool removed = is_removed(&group);
        uint16_t id = ur_group_from_name(group);
        uint64_t place = UINT64_C(1) << ur_group_place(id);

        if (removed) {
            places &= ~place;
        }
        else if (id == UR_GROUP_UNKNOWN) {
            doubtful = true;
        }
        else if (ur_group_post_quantum(id)) {
            places |= place;
        }
    }
    return places || doubtful;
}

bool ur_ssl_protocol_from(unsigned versions, enum ur_tls tls)
{
    return (versions >> tls) != 0;
}

bool ur_ssl_protocol_below(unsigned versions, enum ur_tls tls)
{
    return (versions & ((1U << tls) - 1)) != 0;
}
