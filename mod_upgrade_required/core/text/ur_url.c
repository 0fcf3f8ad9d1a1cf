#include "core/text/ur_url.h"

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* unreserved, reserved and the percent sign (RFC 3986, 2.1 to 2.3) */
static bool is_url_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=%", c));
}

bool ur_url_clean(struct ur_span url)
{
    for (size_t i = 0; i < url.len; i++) {
        if (!is_url_character(url.at[i])) {
            return false;
        }
        if (url.at[i] == '%' &&
            (url.len - i < 3 || !is_hex(url.at[i + 1]) || !is_hex(url.at[i + 2]))) {
            return false;
        }
    }
    return true;
}

void ur_url_escape(struct ur_buf *buf, struct ur_span target)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < target.len; i++) {
        char c = target.at[i];
        if (is_url_character(c) && c != '#') {
            ur_buf_bytes(buf, &c, 1);
        }
        else {
            const char escaped[] = {'%', hex[(unsigned char)c >> 4], hex[c & 0x0F]};
            ur_buf_bytes(buf, escaped, sizeof escaped);
        }
    }
}
