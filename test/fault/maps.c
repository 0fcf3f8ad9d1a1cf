/* Preloaded into a server, counts how often memory is taken from the system and given back to
 * it, and how often something is written to a pipe or a file, in the file UPGRADE_FAULT_MAPS:
 * two numbers of 8 bytes that all its processes share. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static atomic_ullong *count; /* of maps, of writes */

__attribute__((constructor)) static void share(void)
{
    int file = open(getenv("UPGRADE_FAULT_MAPS"), O_RDWR);

    count = REAL(mmap)(NULL, 2 * sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (count == MAP_FAILED) {
        abort(); /* what is not counted would pass a test */
    }
    close(file);
}

/* Programs that were built for large files call the other name. */
#define MMAP(name, place)                                                                      \
    void *name(void *at, size_t len, int protection, int flags, int file, place offset)        \
    {                                                                                          \
        if (count) {                                                                           \
            atomic_fetch_add(count, 1);                                                        \
        }                                                                                      \
        return REAL(name)(at, len, protection, flags, file, offset);                           \
    }

MMAP(mmap, off_t)
MMAP(mmap64, off64_t)

int munmap(void *at, size_t len)
{
    if (count) {
        atomic_fetch_add(count, 1);
    }
    return REAL(munmap)(at, len);
}

ssize_t write(int file, const void *bytes, size_t len)
{
    if (count) {
        atomic_fetch_add(count + 1, 1);
    }
    return REAL(write)(file, bytes, len);
}
