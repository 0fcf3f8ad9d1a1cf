/* Preloaded into a server, is a resolver that tells no thread but a process's first one
 * anybody's name while the file UPGRADE_FAULT_SWITCH is there. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

int getnameinfo(const struct sockaddr *address, socklen_t len, char *host, socklen_t host_len,
                char *service, socklen_t service_len, int flags)
{
    const char *file = getenv("UPGRADE_FAULT_SWITCH");

    while (!(flags & NI_NUMERICHOST) && gettid() != getpid() && file &&
           access(file, F_OK) == 0) {
        usleep(1000);
    }
    return ((__typeof__(getnameinfo) *)dlsym(RTLD_NEXT, "getnameinfo"))(
        address, len, host, host_len, service, service_len, flags);
}
