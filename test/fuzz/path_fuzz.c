#include "fuzz.h"

#include "core/protocol/ur_path.h"

static char *copy(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1);

    must(bytes != NULL);
    if (size) {
        memcpy(bytes, data, size);
    }
    bytes[size] = '\0';
    return bytes;
}

/* Every byte percent-encoded but slashes, which are not the same once they are. */
static size_t encoded(char *out, const uint8_t *data, size_t size)
{
    static const char hex[] = "0123456789aBcDeF";
    size_t len = 0;

    for (size_t i = 0; i < size; i++) {
        if (data[i] == '/') {
            out[len++] = '/';
            continue;
        }
        out[len++] = '%';
        out[len++] = hex[data[i] >> 4];
        out[len++] = hex[data[i] & 0x0F];
    }
    return len;
}

static bool has_dots(const char *path)
{
    for (const char *at = path; at; at = strpbrk(at, "/\\")) {
        size_t dots;

        at += *at == '/' || *at == '\\';
        dots = strspn(at, ".");
        if ((dots == 1 || dots == 2) && strchr("/\\;", at[dots])) {
            return true;
        }
    }
    return false;
}

/* A path does not become plain by being encoded, and a plain one has no dots to be seen. What
 * is stripped is gone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *path = copy(data, size);
    char *once = malloc(3 * size + 1);
    bool plain = ur_path_plain(path, size);

    must(once != NULL);
    must(plain || !ur_path_plain(once, encoded(once, data, size)));
    free(path);
    free(once);

    path = copy(data, size);
    must(!plain || (!has_dots(path) && !memchr(path, '\0', size)));
    if (plain && ur_path_strip(path)) {
        must(strlen(path) < size && !strpbrk(path, ";?"));
        must(!ur_path_strip(path));
    }
    free(path);
    return 0;
}
