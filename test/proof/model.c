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

size_t strcspn(const char *text, const char *reject)
{
    size_t len = 0;

    while (text[len] && !strchr(reject, text[len])) {
        len++;
    }
    return len;
}
