/* Preloaded into a server, allows it 200 open files. */
#include <sys/resource.h>

__attribute__((constructor)) static void allow_few(void)
{
    struct rlimit few = {200, 200};

    setrlimit(RLIMIT_NOFILE, &few);
}
