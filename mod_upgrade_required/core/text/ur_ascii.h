#ifndef UR_ASCII_H
#define UR_ASCII_H

#include <stdbool.h>
#include <string.h>

/* Classes of bytes, as the grammars of HTTP have them; never the locale's. */

static inline bool ur_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ur_is_alpha(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Neither printed nor white space within a line (RFC 9110, 5.5). */
static inline bool ur_is_control(char c)
{
    return ((unsigned char)c < ' ' && c != '\t') || c == 0x7f;
}

/* Of a token (RFC 9110, 5.6.2). */
static inline bool ur_is_token_char(char c)
{
    return ur_is_alpha(c) || ur_is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

#endif
