/* What the core calls and CBMC has no body for. Each reads and writes what the real one may,
 * and gives any result that it may. */
#include "proof.h"

#include <arpa/inet.h>
#include <string.h>

int inet_pton(int family, const char *restrict text, void *restrict address)
{
    ANY(unsigned char, written[16]);

    PROVE(strlen(text) < INET6_ADDRSTRLEN);
    if (any_bool()) {
        return 0;
    }
    memcpy(address, written, family == AF_INET ? 4 : 16);
    return 1;
}

void *memchr(const void *memory, int byte, size_t len)
{
    const unsigned char *at = memory;

    for (size_t i = 0; i < len; i++) {
        if (at[i] == (unsigned char)byte) {
            return (void *)(uintptr_t)(at + i);
        }
    }
    return NULL;
}

size_t strcspn(const char *text, const char *reject)
{
    size_t len = 0;

    while (text[len] && !strchr(reject, text[len])) {
        len++;
    }
    return len;
}
