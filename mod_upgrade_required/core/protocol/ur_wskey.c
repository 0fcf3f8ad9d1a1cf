#include "core/protocol/ur_wskey.h"

/* 16 bytes are 22 base64 digits and two pad characters. */
#define DIGITS 22
#define LENGTH 24

static bool is_base64_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           c == '+' || c == '/';
}

bool ur_wskey_valid(struct ur_span key)
{
    key = ur_span_trim(key);
    if (key.len != LENGTH || key.at[DIGITS] != '=' || key.at[DIGITS + 1] != '=') {
        return false;
    }
    for (size_t i = 0; i < DIGITS; i++) {
        if (!is_base64_digit(key.at[i])) {
            return false;
        }
    }
    return true;
}
