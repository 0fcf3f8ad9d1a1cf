/* Preloaded into a server, lets it run out of shared memory: anonymous shared mappings of
 * UPGRADE_FAULT_LEAST to UPGRADE_FAULT_MOST bytes fail, the first UPGRADE_FAULT_TIMES of them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef void *map(void *, size_t, int, int, int, off_t);

static size_t limit(const char *name)
{
    const char *value = getenv(name);

    return value ? strtoul(value, NULL, 10) : 0;
}

void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    static map *real;
    static size_t failed;

    if (!real) {
        real = (map *)dlsym(RTLD_NEXT, "mmap");
    }
    if ((flags & MAP_SHARED) && size >= limit("UPGRADE_FAULT_LEAST") &&
        size <= limit("UPGRADE_FAULT_MOST") && failed < limit("UPGRADE_FAULT_TIMES")) {
        failed++;
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return real(at, size, protection, flags, file, offset);
}
