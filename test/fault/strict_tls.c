/* Preloaded into a server: OpenSSL 3 is as strict about an end that has not been announced as
 * it is by itself. httpd tells it to be lenient since 2.4.58. */
#include <dlfcn.h>
#include <stdint.h>

/* SSL_OP_IGNORE_UNEXPECTED_EOF, which OpenSSL 1.1.1 does not have and does not need. */
static const uint64_t lenient = UINT64_C(1) << 7;

uint64_t SSL_CTX_set_options(void *context, uint64_t options);

uint64_t SSL_CTX_set_options(void *context, uint64_t options)
{
    uint64_t (*real)(void *, uint64_t) =
        (uint64_t(*)(void *, uint64_t))dlsym(RTLD_NEXT, "SSL_CTX_set_options");

    return real(context, options & ~lenient);
}
