/* Preloaded into a server, holds a worker that has taken a new connection and has not counted
 * it yet, which is when the event MPM makes the connection's buckets: as long as the file
 * UPGRADE_FAULT_SWITCH is there. The file with .held after its name, which has to be there
 * and writable, gets a byte for each worker that is held. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *apr_bucket_alloc_create(void *pool);

void *apr_bucket_alloc_create(void *pool)
{
    const char *file = getenv("UPGRADE_FAULT_SWITCH");
    void *(*real)(void *) = (void *(*)(void *))dlsym(RTLD_NEXT, "apr_bucket_alloc_create");

    if (file && access(file, F_OK) == 0) {
        char held[4096];
        int told;
        snprintf(held, sizeof held, "%s.held", file);
        told = open(held, O_WRONLY | O_APPEND | O_CLOEXEC);
        if (told >= 0 && write(told, "x", 1) == 1) {
            while (access(file, F_OK) == 0) {
                usleep(10000);
            }
        }
        if (told >= 0) {
            close(told);
        }
    }
    return real(pool);
}
