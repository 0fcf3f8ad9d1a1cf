#include "core/text/ur_escape.h"

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Length of the UTF-8 character at the start of text; 0 if there is none (RFC 3629, 4: no
 * overlong forms, no surrogates, nothing above U+10FFFF). */
static size_t utf8_length(struct ur_span text)
{
    const unsigned char *at = (const unsigned char *)text.at;
    unsigned char least = 0x80;
    unsigned char most = 0xBF;
    size_t len;

    if (at[0] < 0x80) {
        return 1;
    }
    if (at[0] >= 0xC2 && at[0] <= 0xDF) {
        len = 2;
    }
    else if (at[0] >= 0xE0 && at[0] <= 0xEF) {
        len = 3;
        least = at[0] == 0xE0 ? 0xA0 : 0x80;
        most = at[0] == 0xED ? 0x9F : 0xBF;
    }
    else if (at[0] >= 0xF0 && at[0] <= 0xF4) {
        len = 4;
        least = at[0] == 0xF0 ? 0x90 : 0x80;
        most = at[0] == 0xF4 ? 0x8F : 0xBF;
    }
    else {
        return 0;
    }
    if (text.len < len || at[1] < least || at[1] > most) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if (!is_continuation(at[i])) {
            return 0;
        }
    }
    return len;
}

/* The formats, as bits of the table below. */
enum {
    JSON = 1 << 0,
    HTML = 1 << 1,
    TEXT = 1 << 2,
    LABEL = 1 << 3,
    ALL = JSON | HTML | TEXT | LABEL
};

/* The formats in which a byte needs no escape. Most text consists of such bytes, and they are
 * written in runs: each costs one lookup in this table. */
#define A ALL
#define H HTML
#define T TEXT
#define J (JSON | TEXT | LABEL)
#define M (HTML | TEXT)
/* clang-format off */
static const unsigned char plain[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, H, 0, 0, 0, 0, 0, /* 0x00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 0x10 */
    A, A, T, A, A, A, J, J, A, A, A, A, A, A, A, A, /* 0x20 */
    A, A, A, A, A, A, A, A, A, A, A, A, J, A, J, A, /* 0x30 */
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0x40 */
    A, A, A, A, A, A, A, A, A, A, A, A, M, A, A, A, /* 0x50 */
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* 0x60 */
    A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, 0, /* 0x70 */
};
/* clang-format on */
#undef A
#undef H
#undef T
#undef J
#undef M

/* The short escapes of the control characters that people write (RFC 8259, 7). */
static void write_json_control(struct ur_buf *buf, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    const char escaped[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 0x0F]};

    switch (c) {
    case '\n':
        ur_buf_literal(buf, "\\n");
        break;
    case '\r':
        ur_buf_literal(buf, "\\r");
        break;
    case '\t':
        ur_buf_literal(buf, "\\t");
        break;
    default:
        ur_buf_bytes(buf, escaped, sizeof escaped);
        break;
    }
}

/* U+0080 to U+009F, the value of which is that of the second byte: to a terminal some of them
 * begin a command, and no valid HTML contains one. */
static bool is_long_control(const char *at, size_t len)
{
    return len == 2 && at[0] == '\xC2' && (unsigned char)at[1] < 0xA0;
}

/* One character up to U+009F that needs an escape in this format. */
static void write_special(struct ur_buf *buf, char c, unsigned format)
{
    switch (c) {
    case '&':
        ur_buf_literal(buf, "&amp;");
        break;
    case '<':
        ur_buf_literal(buf, "&lt;");
        break;
    case '>':
        ur_buf_literal(buf, "&gt;");
        break;
    case '\'':
        ur_buf_literal(buf, "&#39;");
        break;
    case '\\':
        ur_buf_literal(buf, "\\\\");
        break;
    case '"':
        ur_buf_string(buf, format == HTML ? "&quot;" : "\\\"");
        break;
    default:
        if (format == JSON) {
            write_json_control(buf, (unsigned char)c);
        }
        else if (format == LABEL && c == '\n') {
            ur_buf_literal(buf, "\\n");
        }
        else {
            ur_buf_literal(buf, REPLACEMENT);
        }
        break;
    }
}

static void escape(struct ur_buf *buf, struct ur_span text, unsigned format)
{
    size_t i = 0;

    while (i < text.len) {
        size_t run = i;
        size_t len;

        while (i < text.len && (plain[(unsigned char)text.at[i]] & format)) {
            i++;
        }
        ur_buf_bytes(buf, text.at + run, i - run);
        if (i == text.len) {
            break;
        }
        len = utf8_length((struct ur_span){text.at + i, text.len - i});
        if (len == 1 || is_long_control(text.at + i, len)) {
            write_special(buf, text.at[i + len - 1], format);
        }
        else if (len) {
            ur_buf_bytes(buf, text.at + i, len);
        }
        else {
            ur_buf_literal(buf, REPLACEMENT);
            len = 1;
        }
        i += len;
    }
}

void ur_escape_json(struct ur_buf *buf, struct ur_span text)
{
    escape(buf, text, JSON);
}

void ur_escape_html(struct ur_buf *buf, struct ur_span text)
{
    escape(buf, text, HTML);
}

void ur_escape_text(struct ur_buf *buf, struct ur_span text)
{
    escape(buf, text, TEXT);
}

void ur_escape_label(struct ur_buf *buf, struct ur_span text)
{
    escape(buf, text, LABEL);
}
