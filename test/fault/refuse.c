/* Preloaded into a server, lets calls that event tunnels make fail: UPGRADE_FAULT_CALL names
 * one (pthread_create, epoll_ctl, recv, send, send_short, send_nothing, send_once, splice,
 * splice_short, splice_out, read), which fails from the moment on at which the file
 * UPGRADE_FAULT_SWITCH is there, if its argument is what event tunnels give it; send_once is
 * send_nothing for one time in a process. signal does not fail, it waits until the file has
 * gone. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fails(const char *call)
{
    const char *named = getenv("UPGRADE_FAULT_CALL");
    const char *file = getenv("UPGRADE_FAULT_SWITCH");
    int kept = errno;
    bool now = named && file && strcmp(named, call) == 0 && access(file, F_OK) == 0;

    errno = kept;
    return now;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *data)
{
    return fails("pthread_create") ? EAGAIN
                                   : REAL(pthread_create)(thread, attributes, run, data);
}

/* What a tunnel's sockets are polled for first. */
int epoll_ctl(int polled, int operation, int file, struct epoll_event *event)
{
    if (operation == EPOLL_CTL_ADD && event->events == EPOLLIN && fails("epoll_ctl")) {
        errno = ENOSPC;
        return -1;
    }
    return REAL(epoll_ctl)(polled, operation, file, event);
}

/* The pollset of event tunnels is told from the MPM's by its size. */
int epoll_wait(int polled, struct epoll_event *events, int most, int patience)
{
    const char *size = getenv("UPGRADE_FAULT_SIZE");

    if (size && atoi(size) == most && fails("epoll_wait")) {
        errno = EIO;
        return -1;
    }
    return REAL(epoll_wait)(polled, events, most, patience);
}

/* Of the signal by which an administrator ends the tunnels of a child */
sighandler_t signal(int number, sighandler_t handler)
{
    while (number == SIGWINCH && fails("signal")) {
        usleep(1000);
    }
    return REAL(signal)(number, handler);
}

/* httpd itself read()s and write()s. */
ssize_t recv(int file, void *at, size_t len, int flags)
{
    if (fails("recv")) {
        errno = ENOBUFS;
        return -1;
    }
    return REAL(recv)(file, at, len, flags);
}

ssize_t send(int file, const void *at, size_t len, int flags)
{
    static atomic_bool done;

    if (fails("send")) {
        errno = ENOBUFS;
        return -1;
    }
    if (fails("send_short") && len > 1) {
        len = 1;
    }
    if (fails("send_nothing") || (fails("send_once") && !atomic_exchange(&done, true))) {
        errno = EAGAIN;
        return -1;
    }
    return REAL(send)(file, at, len, flags);
}

static bool is_pipe(int file)
{
    struct stat about;

    return fstat(file, &about) == 0 && S_ISFIFO(about.st_mode);
}

ssize_t splice(int from, loff_t *from_offset, int to, loff_t *to_offset, size_t len,
               unsigned flags)
{
    static __thread bool turn;

    if (fails("splice")) {
        errno = EINVAL;
        return -1;
    }
    if (is_pipe(from) && (fails("splice_out") || fails("read"))) {
        errno = fails("read") ? EAGAIN : EPIPE;
        return -1;
    }
    if (is_pipe(from) && fails("splice_short")) {
        turn = !turn;
        errno = EAGAIN;
        len = len > 1000 ? 1000 : len;
        return turn ? REAL(splice)(from, from_offset, to, to_offset, len, flags) : -1;
    }
    return REAL(splice)(from, from_offset, to, to_offset, len, flags);
}

/* More than anybody else reads out of a pipe here. */
ssize_t read(int file, void *at, size_t len)
{
    if (len > 4096 && fails("read") && is_pipe(file)) {
        errno = EAGAIN;
        return -1;
    }
    return REAL(read)(file, at, len);
}
