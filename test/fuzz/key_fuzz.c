#include "fuzz.h"

#include "core/protocol/ur_wskey.h"

/* What counts as a key has 24 characters and nothing else in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span key = {(const char *)data, size};

    if (ur_wskey_valid(key)) {
        key = ur_span_trim(key);
        must(key.len == 24 && memcmp(key.at + 22, "==", 2) == 0);
        must(memchr(key.at, ',', key.len) == NULL && memchr(key.at, '\0', key.len) == NULL);
    }
    return 0;
}
