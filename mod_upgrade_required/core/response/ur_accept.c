#include "core/response/ur_accept.h"

#include "core/text/ur_list.h"

#include <string.h>

/* How a media range names a form, the more specific the greater (RFC 9110, 12.5.1). */
enum named { NOT_NAMED, ANY_TYPE, ANY_SUBTYPE, ALIAS, EXACT };

#define Q_ONE 1000

/* Cuts off the part before the separator; all of it if there is none. */
static struct ur_span cut(struct ur_span *rest, char separator)
{
    const char *end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
    size_t len = end ? (size_t)(end - rest->at) : rest->len;
    struct ur_span head = {rest->at, len};

    rest->at += len + (end ? 1 : 0);
    rest->len -= len + (end ? 1 : 0);
    return ur_span_trim(head);
}

/* A qvalue (RFC 9110, 12.4.2) in thousandths, -1 if it is not valid. */
static int parse_quality(struct ur_span value)
{
    int quality;
    int unit = 100;

    if (!value.len || value.len > 5 || (value.at[0] != '0' && value.at[0] != '1')) {
        return -1;
    }
    quality = (value.at[0] - '0') * Q_ONE;
    if (value.len > 1 && value.at[1] != '.') {
        return -1;
    }
    for (size_t i = 2; i < value.len; i++, unit /= 10) {
        if (value.at[i] < '0' || value.at[i] > '9') {
            return -1;
        }
        quality += (value.at[i] - '0') * unit;
    }
    return quality <= Q_ONE ? quality : -1;
}

/* The quality among a media range's parameters; other parameters are ignored. */
static int find_quality(struct ur_span parameters)
{
    while (parameters.len) {
        struct ur_span value = cut(&parameters, ';');
        struct ur_span name = cut(&value, '=');
        if (ur_span_is(name, UR_SPAN("q"))) {
            return parse_quality(ur_span_trim(value));
        }
    }
    return Q_ONE;
}

static enum named match(struct ur_span type, struct ur_span subtype, const struct ur_form *form)
{
    if (ur_span_is(type, UR_SPAN("*"))) {
        return ur_span_is(subtype, UR_SPAN("*")) ? ANY_TYPE : NOT_NAMED;
    }
    if (!ur_span_is(type, form->type)) {
        return NOT_NAMED;
    }
    if (ur_span_is(subtype, UR_SPAN("*"))) {
        return ANY_SUBTYPE;
    }
    if (ur_span_is(subtype, form->subtype)) {
        return EXACT;
    }
    return ur_span_is(subtype, form->alias) ? ALIAS : NOT_NAMED;
}

/* The best range for a form so far. */
struct wish {
    enum named named;
    int quality;
};

/* Quality first. Among equals, a format that is named is wanted, and wildcards are for
 * everything else: browsers without q values send "text/html, and so on, all the rest". An
 * alias names a format as well as its own name does. */
static int weight(struct wish wish)
{
    int named = wish.named == ALIAS ? EXACT : (int)wish.named;

    return wish.quality ? wish.quality * (EXACT + 1) + named : 0;
}

size_t ur_accept_pick_form(struct ur_span accept, const struct ur_form forms[], size_t count)
{
    struct wish wishes[UR_FORMS_MAX] = {{NOT_NAMED, 0}};
    size_t best = 0;
    struct ur_span range;

    while (ur_list_next(&accept, &range)) {
        struct ur_span subtype = cut(&range, ';');
        struct ur_span type = cut(&subtype, '/');
        int q = find_quality(range);

        for (size_t i = 0; q >= 0 && i < count; i++) {
            enum named named = match(type, subtype, &forms[i]);
            if (named > wishes[i].named) {
                wishes[i] = (struct wish){named, q};
            }
        }
    }
    for (size_t i = 1; i < count; i++) {
        if (weight(wishes[i]) > weight(wishes[best])) {
            best = i;
        }
    }
    return best;
}

size_t ur_accept_named_form(struct ur_span word, const struct ur_form forms[], size_t count)
{
    size_t i = 0;

    while (i < count && !ur_span_is(word, ur_span_of(forms[i].word))) {
        i++;
    }
    return i;
}

static const struct ur_form medias[UR_MEDIAS] = {
    [UR_MEDIA_JSON] = {NULL,
                       {"application", 11},
                       {"problem+json", 12},
                       {"json", 4},
                       "application/problem+json"},
    [UR_MEDIA_HTML] = {NULL, {"text", 4}, {"html", 4}, {NULL, 0}, "text/html; charset=utf-8"},
    [UR_MEDIA_TEXT] = {NULL, {"text", 4}, {"plain", 5}, {NULL, 0}, "text/plain; charset=utf-8"},
};

enum ur_media ur_accept_choose(struct ur_span accept)
{
    return (enum ur_media)ur_accept_pick_form(accept, medias, UR_MEDIAS);
}

const char *ur_accept_media_type(enum ur_media media)
{
    return medias[media].content_type;
}
