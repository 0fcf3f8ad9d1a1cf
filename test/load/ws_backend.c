/* A WebSocket backend that is fast enough not to be what is measured: sends each message back,
 * as a server does (unmasked), of any size and while it is still coming. Answers the handshake
 * with the key of RFC 6455's example only.
 * ws_backend [PORT] listens there or on a free port of 127.0.0.1, prints it, answers a line of
 * its standard input with "open COUNT", of connections, and ends with it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
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

#define HEAD_MAX   8192
#define HEADER_MAX 14
#define READ_MAX   262144
#define EVENTS     256

struct peer {
    int fd;
    bool open;  /* the handshake is done */
    char *kept; /* of the request's head, and later of what the socket has not taken */
    size_t len;
    unsigned char header[HEADER_MAX]; /* of the frame that is coming */
    size_t have;
    uint64_t left; /* of its payload */
    unsigned turn; /* in its key */
};

static int polled;
static size_t peers;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static size_t header_size(const unsigned char *header)
{
    unsigned length = header[1] & 127;

    return 6 + (length == 127 ? 8 : length == 126 ? 2 : 0);
}

static uint64_t payload_size(const unsigned char *header)
{
    size_t bytes = header_size(header) - 6;
    uint64_t size = bytes ? 0 : header[1] & 127;

    for (size_t i = 0; i < bytes; i++) {
        size = size << 8 | header[2 + i];
    }
    return size;
}

static void unmask(struct peer *peer, unsigned char *at, size_t len)
{
    const unsigned char *key = peer->header + header_size(peer->header) - 4;

    if (memcmp(key, "\0\0\0\0", 4) != 0) {
        for (size_t i = 0; i < len; i++) {
            at[i] ^= key[peer->turn++ & 3];
        }
    }
}

/* Turns what a client says into what it is answered. out may overlap with in from before it. */
static size_t echo(struct peer *peer, unsigned char *in, size_t len, unsigned char *out)
{
    size_t written = 0;

    while (len) {
        size_t step = len < peer->left ? len : (size_t)peer->left;
        if (step) {
            unmask(peer, in, step);
            memmove(out + written, in, step);
            written += step;
            peer->left -= step;
        }
        else {
            step = 1;
            peer->header[peer->have++] = *in;
            if (peer->have >= 2 && peer->have == header_size(peer->header)) {
                peer->left = payload_size(peer->header);
                peer->turn = 0;
                memcpy(out + written, peer->header, peer->have - 4);
                out[written + 1] &= 127;
                written += peer->have - 4;
                peer->have = 0;
            }
        }
        in += step;
        len -= step;
    }
    return written;
}

/* Keeps these bytes, and waits for this. */
static void keep(struct peer *peer, const void *at, size_t len, uint32_t events)
{
    struct epoll_event event = {events, {.ptr = peer}};
    char *kept = len ? malloc(len) : NULL;

    if (len) {
        memcpy(kept, at, len);
    }
    free(peer->kept);
    peer->kept = kept;
    peer->len = len;
    epoll_ctl(polled, EPOLL_CTL_MOD, peer->fd, &event);
}

static bool send_some(struct peer *peer, const char *at, size_t len)
{
    ssize_t n = send(peer->fd, at, len, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN) {
        return false;
    }
    n = n < 0 ? 0 : n;
    if ((size_t)n < len || peer->len) {
        keep(peer, at + n, len - (size_t)n, (size_t)n < len ? EPOLLOUT : EPOLLIN);
    }
    return true;
}

/* Answers the request when its head is whole; used: of the bytes. */
static bool shake_hands(struct peer *peer, const unsigned char *at, size_t len, size_t *used)
{
    const unsigned char *end = memmem(at, len, "\r\n\r\n", 4);

    *used = len;
    if (!end) {
        keep(peer, at, len, EPOLLIN);
        return len < HEAD_MAX;
    }
    peer->open = true;
    keep(peer, NULL, 0, EPOLLIN);
    *used = (size_t)(end + 4 - at);
    return send(peer->fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL) ==
           (ssize_t)sizeof ANSWER - 1;
}

static bool serve(struct peer *peer)
{
    /* An echo may be longer than what was read, by a header that came before. */
    static unsigned char buffer[HEADER_MAX + READ_MAX];
    unsigned char *in = buffer + HEADER_MAX;
    size_t used = 0, kept = peer->open ? 0 : peer->len;
    ssize_t n;

    if (peer->open && peer->len) {
        return send_some(peer, peer->kept, peer->len);
    }
    if (kept) {
        memcpy(in, peer->kept, kept);
    }
    n = recv(peer->fd, in + kept, READ_MAX - kept, 0);
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    n += (ssize_t)kept;
    if (!peer->open && !shake_hands(peer, in, (size_t)n, &used)) {
        return false;
    }
    n = (ssize_t)echo(peer, in + used, (size_t)n - used, buffer);
    return n == 0 || send_some(peer, (char *)buffer, (size_t)n);
}

static void end(struct peer *peer)
{
    peers--;
    close(peer->fd);
    free(peer->kept);
    free(peer);
}

static void accept_all(int listener)
{
    int fd, one = 1;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *peer = calloc(1, sizeof *peer);
        struct epoll_event event = {EPOLLIN, {.ptr = peer}};
        peers++;
        peer->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        epoll_ctl(polled, EPOLL_CTL_ADD, fd, &event);
    }
}

static int listen_at(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 16384) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) {
        die("listen");
    }
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

static bool answer_input(void)
{
    char line[256];

    if (read(STDIN_FILENO, line, sizeof line) <= 0) {
        return false;
    }
    printf("open %zu\n", peers);
    fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    int listener = listen_at((uint16_t)(argc > 1 ? atoi(argv[1]) : 0));
    struct epoll_event events[EVENTS];
    struct epoll_event event = {EPOLLIN, {.ptr = &listener}};
    struct epoll_event input = {EPOLLIN | EPOLLHUP, {.ptr = NULL}};
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    polled = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(polled, EPOLL_CTL_ADD, listener, &event);
    epoll_ctl(polled, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    for (;;) {
        int count = epoll_wait(polled, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (!peer && !answer_input()) {
                return 0;
            }
            if ((void *)peer == (void *)&listener) {
                accept_all(listener);
            }
            else if (peer && !serve(peer)) {
                end(peer);
            }
        }
    }
}
