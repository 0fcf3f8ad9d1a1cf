/* Proves: no byte that a format gives a meaning to leaves as it is. In HTML that is each of
 *   < > " ' and each & but of a reference that was written for one of them; in JSON and in
 *   the label of a metric each quotation mark and each backslash but of an escape; in each
 *   of them, and in plain text, every control character, but for the line end in HTML.
 *   Characters beyond ASCII leave whole, and only if they are valid.
 * Assumes: bytes are written as they are handed to the buffer (buf.c). Proved is the first
 *   turn of the loop; what it leaves to the others is the rest of the text, and nothing else.
 * Bound: 32 bytes, of any value
 * Unwind: 9 escape.0:34 escape.1:3
 * Replaces: core/text/ur_buf.c
 * Mutant: core/text/ur_escape.c: A, A, T, A, A, A, J, J, A => A, A, T, A, A, A, A, J, A
 * Mutant: core/text/ur_escape.c: A, A, J, A, J, A, => A, A, A, A, J, A,
 * Mutant: core/text/ur_escape.c: A, 0, => A, A,
 * Mutant: core/text/ur_escape.c: if (text.len < len || => if (
 * Mutant: core/text/ur_escape.c: at[0] == 0xED ? 0x9F => at[0] == 0xED ? 0xBF
 * Mutant: core/text/ur_escape.c: len == 1 || is_long_control(text.at + i, len) => len == 1
 * Mutant: core/text/ur_escape.c: format == HTML ? "&quot;" => format == HTML ? "\""
 */
#include "core/text/ur_escape.c"
#include "proof.h"

#define SIZE 32

static unsigned format;
static struct ur_span text;
static unsigned writes;

/* The value of a character of that many bytes; 0 if it is none, or not the shortest form. */
static unsigned decode(const unsigned char *at, size_t len)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned value = len == 1 ? at[0] : at[0] & (0x7FU >> len);

    for (size_t i = 1; i < len; i++) {
        if (at[i] >> 6 != 2) {
            return 0;
        }
        value = value << 6 | (at[i] & 0x3FU);
    }
    return value < least[len] || value >> 11 == 0x1B || value > 0x10FFFF ? 0 : value;
}

/* Text that was taken as it is: any byte of it. */
static void prove_run(struct ur_span run)
{
    char c = run.at[any_up_to(run.len - 1)];

    PROVE(is_within(run, text));
    PROVE((c >= ' ' && c < 0x7F) || (c == '\n' && format == HTML));
    PROVE(format != HTML || (c != '<' && c != '>' && c != '&' && c != '"' && c != '\''));
    PROVE((format != JSON && format != LABEL) || (c != '"' && c != '\\'));
    POSSIBLE(c == '\n');
    POSSIBLE(c == '<' && format == JSON && run.len == 32);
}

static bool is(struct ur_span written, const char *escape, size_t len)
{
    return written.len == len && memcmp(written.at, escape, len) == 0;
}

static bool is_reference(struct ur_span written)
{
    return is(written, "&amp;", 5) || is(written, "&lt;", 4) || is(written, "&gt;", 4) ||
           is(written, "&#39;", 5) || is(written, "&quot;", 6);
}

static bool is_quoted(struct ur_span written)
{
    return is(written, "\\\\", 2) || is(written, "\\\"", 2) || is(written, "\\n", 2);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_json(struct ur_span written)
{
    return is_quoted(written) || is(written, "\\r", 2) || is(written, "\\t", 2) ||
           (written.len == 6 && memcmp(written.at, "\\u00", 4) == 0 &&
            strchr("01789", written.at[4]) && is_hex(written.at[5]));
}

/* What was written for one character. */
static void prove_one(struct ur_span written)
{
    unsigned char first = (unsigned char)written.at[0];

    PROVE(written.len > 0 && written.len <= 6);
    if (first >= 0xC2) {
        unsigned value =
            written.len <= 4 ? decode((const unsigned char *)written.at, written.len) : 0;
        PROVE(value > 0x9F);
        POSSIBLE(written.len == 4);
    }
    else if (format == HTML) {
        PROVE(is_reference(written));
    }
    else {
        PROVE(format == JSON ? is_json(written) : format == LABEL && is_quoted(written));
        POSSIBLE(format == JSON && written.len == 6);
    }
}

/* A turn of the loop writes a run, which may be empty, and one character. */
void ur_buf_overflow(struct ur_buf *buf, const char *bytes, size_t len)
{
    struct ur_span written = {bytes, len};

    PROVE(buf->len > buf->size);
    if (writes++ == 0) {
        if (len) {
            prove_run(written);
        }
    }
    else {
        prove_one(written);
        ASSUME(false);
    }
}

void ur_buf_string(struct ur_buf *buf, const char *string)
{
    ur_buf_overflow(buf, string, strlen(string));
}

/* So that the loop moves on. */
static void prove_length(struct ur_span characters)
{
    const unsigned char *at = (const unsigned char *)characters.at;
    size_t len = utf8_length(characters);

    PROVE(len <= characters.len && len <= 4);
    PROVE((len == 1) == (at[0] < 0x80));
    PROVE(len < 2 || decode(at, len));
    PROVE(len || characters.len < 2 || !(at[0] >> 5 == 6 && decode(at, 2)));
    PROVE(len || characters.len < 3 || !(at[0] >> 4 == 14 && decode(at, 3)));
    PROVE(len || characters.len < 4 || !(at[0] >> 3 == 30 && decode(at, 4)));
}

int main(void)
{
    struct ur_buf full = {NULL, 0, 1}; /* so that all goes to ur_buf_overflow() */

    for (size_t len = 1; len <= 4; len++) {
        prove_length(any_bytes(len));
    }
    text = any_bytes(SIZE);
    format = 1U << any_up_to(3);
    escape(&full, text, format);
}
