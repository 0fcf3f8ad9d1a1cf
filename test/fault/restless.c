/* Preloaded into a server, has its first process look after its children twenty times a second,
 * where it sleeps for a second each time: tests that kill children, or reload, wait for less.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <sys/select.h>

int select(int count, fd_set *reading, fd_set *writing, fd_set *failing,
           struct timeval *patience)
{
    struct timeval less = {0, 50000};
    bool sleeps = count == 0 && patience && patience->tv_sec == 1 && patience->tv_usec == 0;

    return ((__typeof__(select) *)dlsym(RTLD_NEXT, "select"))(count, reading, writing, failing,
                                                              sleeps ? &less : patience);
}
