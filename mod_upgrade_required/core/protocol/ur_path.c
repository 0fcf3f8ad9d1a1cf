#include "core/protocol/ur_path.h"

#include <string.h>

/* There is no good reason to encode more often than this, and each round reads everything. */
enum { ROUNDS_MAX = 4 };

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        return (c | 0x20) - 'a' + 10;
    }
    return -1;
}

/* What is left in path; the same length if nothing was encoded. */
static size_t decode(char *path, size_t len)
{
    size_t out = 0;

    for (size_t in = 0; in < len; in++) {
        int high = path[in] == '%' && len - in > 2 ? hex_value(path[in + 1]) : -1;
        int low = high >= 0 ? hex_value(path[in + 2]) : -1;
        unsigned char decoded = (unsigned char)(high * 16 + low);

        if (low < 0) {
            path[out++] = path[in];
        }
        else {
            memcpy(path + out++, &decoded, 1);
            in += 2;
        }
    }
    return out;
}

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

/* "", "a", "a;x" and "..." are; ".", "..", ".;x" and ";x" are not. */
static bool is_plain_segment(const char *segment, size_t len)
{
    size_t dots = 0;

    while (dots < len && segment[dots] == '.') {
        dots++;
    }
    return len == 0 || dots > 2 || (dots < len && segment[dots] != ';');
}

static bool has_plain_segments(const char *path, size_t len)
{
    size_t start = 0;

    for (size_t i = 0; i <= len; i++) {
        if (i == len || is_separator(path[i])) {
            if (!is_plain_segment(path + start, i - start)) {
                return false;
            }
            start = i + 1;
        }
        else if ((unsigned char)path[i] < ' ' || path[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

static size_t count(const char *path, size_t len, char wanted)
{
    size_t found = 0;

    for (size_t i = 0; i < len; i++) {
        found += path[i] == wanted;
    }
    return found;
}

/* Decodes it until nothing is left to decode, and len is what remains; false if that takes too
 * many rounds. */
static bool decode_all(char *path, size_t *len)
{
    for (int round = 0; round <= ROUNDS_MAX; round++) {
        size_t left = decode(path, *len);
        if (left == *len) {
            return true;
        }
        *len = left;
    }
    return false;
}

bool ur_path_plain(char *path, size_t len)
{
    size_t slashes = count(path, len, '/');

    if (!decode_all(path, &len)) {
        return false;
    }
    /* Whether such a separator ends a parameter depends on the backend. */
    if (count(path, len, ';') && count(path, len, '/') + count(path, len, '\\') != slashes) {
        return false;
    }
    return has_plain_segments(path, len);
}

bool ur_path_strip(char *path)
{
    size_t len = strlen(path);
    char *out;

    decode_all(path, &len);
    path[len] = '\0';
    out = path + strcspn(path, ";?");
    if (!*out) {
        return false;
    }
    for (const char *in = out; *in && *in != '?';) {
        if (*in == ';') {
            in += strcspn(in, "/?");
        }
        else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    return true;
}
