/* Proves: spans are trimmed, compared and recognised as tokens in bounds. What is trimmed lies
 *   within, has no white space at its ends, and nothing but white space is missing; equal
 *   spans have one length, whichever comes first, and an absent one equals none; a token is
 *   not empty, and has no white space, control character or separator.
 * Assumes: nothing
 * Bound: 32 bytes; a token, each byte of which is looked at by itself, 8
 * Unwind: 34
 * Mutant: core/text/ur_span.c: while (span.len && is_ows(span.at[0])) => while
 *   (is_ows(span.at[0]))
 * Mutant: core/text/ur_span.c: while (span.len && is_ows(span.at[span.len - 1])) => while
 *   (is_ows(span.at[span.len - 1]))
 * Mutant: core/text/ur_span.c: || span.len != word.len => || span.len < word.len
 * Mutant: core/text/ur_ascii.h: !#$%&'*+-. => !#$%&'*+-.,
 */
#include "contracts.h"

#define SIZE 32

static void trim(struct ur_span text)
{
    struct ur_span trimmed = ur_span_trim(text);
    size_t at = any_up_to(SIZE - 1);

    PROVE(is_within(trimmed, text));
    PROVE(!trimmed.len || (!is_white(trimmed.at[0]) && !is_white(trimmed.at[trimmed.len - 1])));
    if (at < text.len && !is_white(text.at[at])) {
        PROVE(trimmed.at <= text.at + at && text.at + at < trimmed.at + trimmed.len);
    }
}

static void compare(struct ur_span text)
{
    struct ur_span same = any_bytes(text.len);
    struct ur_span shorter = any_bytes(text.len / 2);
    struct ur_span absent = {NULL, 0};

    PROVE(ur_span_is(text, same) == ur_span_is(same, text));
    PROVE(!text.len || (!ur_span_is(text, shorter) && !ur_span_is(shorter, text)));
    PROVE(!ur_span_is(text, absent) && !ur_span_is(absent, text));
}

static void recognise(struct ur_span text)
{
    size_t at = any_up_to(SIZE - 1);
    bool is_token = ur_span_is_token(text);

    PROVE(!is_token || text.len);
    if (is_token && at < text.len) {
        PROVE(text.at[at] > ' ' && text.at[at] < 0x7F &&
              !strchr("(),/:;<=>?@[\\]{}\"", text.at[at]));
    }
}

int main(void)
{
    struct ur_span text = any_bytes(SIZE);
    struct ur_span same = any_bytes(SIZE);

    FOR_EACH_LENGTH(4, trim);
    trim(text);
    FOR_EACH_LENGTH(4, compare);
    compare(text);
    FOR_EACH_LENGTH(8, recognise);
    POSSIBLE(ur_span_is(text, same) && text.at[0] != same.at[0]);
    POSSIBLE(ur_span_is_token(any_bytes(8)));
    POSSIBLE(ur_span_trim(text).len == 3);
}
