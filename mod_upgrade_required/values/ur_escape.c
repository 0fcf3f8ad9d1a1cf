#include "values/ur_escape.h"

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; /* U+FFFD */

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Bytes of the UTF-8 character that text begins with; 0 where it begins with none
 * (RFC 3629, 4: no overlong forms, no surrogates, nothing above U+10FFFF). */
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

/* How one ASCII character is written; NULL: as it is. */
typedef const char *(*replace_fn)(char c, char scratch[8]);

/* Characters that stay as they are go out in runs, not one by one. */
static void escape(struct ur_buf *buf, struct ur_span text, replace_fn replace)
{
    size_t run = 0;
    size_t i = 0;
    char scratch[8];

    while (i < text.len) {
        size_t len = utf8_length((struct ur_span){text.at + i, text.len - i});
        const char *other = NULL;

        if (len == 0) {
            other = REPLACEMENT;
            len = 1;
        }
        else if (len == 1) {
            other = replace(text.at[i], scratch);
        }
        if (other) {
            ur_buf_bytes(buf, text.at + run, i - run);
            ur_buf_string(buf, other);
            run = i + len;
        }
        i += len;
    }
    if (run < text.len) {
        ur_buf_bytes(buf, text.at + run, text.len - run);
    }
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

static const char *json_character(char c, char scratch[8])
{
    static const char hex[] = "0123456789abcdef";

    if (c == '"') {
        return "\\\"";
    }
    if (c == '\\') {
        return "\\\\";
    }
    if (!is_control(c)) {
        return NULL;
    }
    scratch[0] = '\\';
    scratch[1] = 'u';
    scratch[2] = '0';
    scratch[3] = '0';
    scratch[4] = hex[(unsigned char)c >> 4];
    scratch[5] = hex[c & 0x0F];
    scratch[6] = '\0';
    return scratch;
}

static const char *html_character(char c, char scratch[8])
{
    (void)scratch;
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return is_control(c) ? REPLACEMENT : NULL;
    }
}

static const char *text_character(char c, char scratch[8])
{
    (void)scratch;
    return is_control(c) ? REPLACEMENT : NULL;
}

void ur_escape_json(struct ur_buf *buf, struct ur_span text)
{
    escape(buf, text, json_character);
}

void ur_escape_html(struct ur_buf *buf, struct ur_span text)
{
    escape(buf, text, html_character);
}

void ur_escape_text(struct ur_buf *buf, struct ur_span text)
{
    escape(buf, text, text_character);
}
