/* A WebSocket backend that is fast enough not to be what is measured: sends each message back,
 * as a server does (unmasked). Answers the handshake with the key of RFC 6455's example only.
 * Listens on a free port of 127.0.0.1, prints it, and ends with its standard input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char ANSWER[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

#define FRAME_MAX 65536
#define EVENTS    256

struct peer {
    int fd;
    bool open; /* the handshake is done */
    char *kept;
    size_t len;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* Turns the client's frame at the start of bytes into the server's, in place, and sends it.
 * Returns its length, 0 where it is not complete. */
static size_t answer_frame(struct peer *peer, unsigned char *bytes, size_t len)
{
    size_t header = 6, size;
    unsigned char key[4];

    if (len < 2) {
        return 0;
    }
    size = bytes[1] & 127;
    if (size == 126) {
        header = 8;
        if (len < 4) {
            return 0;
        }
        size = (size_t)bytes[2] << 8 | bytes[3];
    }
    if (len < header + size) {
        return 0;
    }
    memcpy(key, bytes + header - 4, 4);
    for (size_t i = 0; i < size; i++) {
        bytes[header + i] ^= key[i & 3];
    }
    memmove(bytes + 4, bytes, header - 4);
    bytes[5] &= 127;
    for (size_t sent = 0, all = header - 4 + size; sent < all;) {
        ssize_t n = send(peer->fd, bytes + 4 + sent, all - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd wait = {peer->fd, POLLOUT, 0};
            poll(&wait, 1, -1);
        }
        else if (n < 0) {
            return 0;
        }
        else {
            sent += (size_t)n;
        }
    }
    return header + size;
}

static bool serve(struct peer *peer, unsigned char *buffer)
{
    size_t len = peer->len, used = 0;
    ssize_t n;

    if (len) {
        memcpy(buffer, peer->kept, len);
        free(peer->kept);
        peer->kept = NULL;
        peer->len = 0;
    }
    n = recv(peer->fd, buffer + len, 2 * FRAME_MAX - len, 0);
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    len += (size_t)n;
    if (!peer->open) {
        unsigned char *end = memmem(buffer, len, "\r\n\r\n", 4);
        if (end) {
            peer->open = true;
            used = (size_t)(end + 4 - buffer);
            if (send(peer->fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) < 0) {
                return false;
            }
        }
    }
    for (size_t step = 1; peer->open && step; used += step) {
        step = answer_frame(peer, buffer + used, len - used);
    }
    if (used < len) {
        peer->len = len - used;
        peer->kept = malloc(peer->len);
        memcpy(peer->kept, buffer + used, peer->len);
    }
    return true;
}

static void accept_all(int listener, int polled)
{
    int fd, one = 1;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *peer = calloc(1, sizeof *peer);
        struct epoll_event event = {EPOLLIN, {.ptr = peer}};
        peer->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(polled, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(void)
{
    static unsigned char buffer[2 * FRAME_MAX];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    struct rlimit limit;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int polled = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS];
    struct epoll_event event = {EPOLLIN, {.ptr = &listener}};
    struct epoll_event input = {EPOLLIN | EPOLLHUP, {.ptr = NULL}};

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 4096) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) {
        die("listen");
    }
    epoll_ctl(polled, EPOLL_CTL_ADD, listener, &event);
    epoll_ctl(polled, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(polled, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (!peer) {
                return 0;
            }
            if ((void *)peer == (void *)&listener) {
                accept_all(listener, polled);
            }
            else if (!serve(peer, buffer)) {
                close(peer->fd);
                free(peer->kept);
                free(peer);
            }
        }
    }
}
