/* Preloaded into a server, is its resolver: every name below .test has the address that stands
 * in the file "address" of the folder UPGRADE_FAULT_NAMES, and each look-up adds the name as a
 * line to the file "lookups" there. While the file "break" is there, a connection that is made
 * is broken at once, the next one is refused, and so on. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

static int open_file(const char *name, int flags)
{
    char path[PATH_MAX];
    const char *folder = getenv("UPGRADE_FAULT_NAMES");

    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
    return open(path, flags);
}

static void note(const char *name)
{
    char line[512];
    int len = snprintf(line, sizeof line, "%s\n", name);
    int file = open_file("lookups", O_WRONLY | O_APPEND);

    if (file < 0 || write(file, line, (size_t)len) != len) {
        abort(); /* a look-up that is not counted would pass a test */
    }
    close(file);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    const char *end = name ? strrchr(name, '.') : NULL;
    char address[64] = "";
    int file;

    if (!end || strcmp(end, ".test") != 0) {
        return REAL(getaddrinfo)(name, service, hints, found);
    }
    note(name);
    file = open_file("address", O_RDONLY);
    if (file < 0 || read(file, address, sizeof address - 1) <= 0) {
        abort();
    }
    close(file);
    return REAL(getaddrinfo)(address, service, hints, found);
}

int connect(int socket, const struct sockaddr *address, socklen_t len)
{
    static atomic_uint turn;
    int file = open_file("break", O_RDONLY);
    int result;

    if (file < 0) {
        return REAL(connect)(socket, address, len);
    }
    close(file);
    if (atomic_fetch_add(&turn, 1) % 2) {
        errno = ECONNREFUSED;
        return -1;
    }
    /* One that waits is over when it is broken. */
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) & ~O_NONBLOCK);
    result = REAL(connect)(socket, address, len);
    shutdown(socket, SHUT_RDWR);
    fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK);
    return result;
}
