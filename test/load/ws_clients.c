/* Many WebSocket clients: ws_clients PORT PATH [tls]. Takes one command a line and answers each
 * with one line:
 *   open N [AT_ONCE]    opens N more, so many at a time, and no more after one that fails
 *                                            -> open COUNT SECONDS
 *   storm N             opens N more, all at a time, and each again that fails
 *                                            -> open COUNT SECONDS RETRIES
 *   echo ACTIVE SECONDS [SIZE]
 *                       each of ACTIVE has one message of SIZE bytes (32) under way all the
 * time
 *                                            -> echo MESSAGES SECONDS P50 P99 (microseconds)
 *   check               one message on each  -> check COUNT, of those that came back right
 *   idle SECONDS        says nothing but the answers to Pings
 *                                            -> idle PINGS SECONDS MOST, of these in a tenth of
 * one lost                waits until the other side has ended all of them
 *                                            -> lost COUNT SECONDS
 *   close               closes all of them   -> close COUNT
 * and ends with its standard input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SIZE       32
#define SIZE_LIMIT (16 * 1024 * 1024)
#define HEADER_MAX 14
#define READ_MAX   262144
#define SLOTS      1000000 /* of latencies, in microseconds */
#define LIMIT_MS   60000
#define OPEN_MS    10000 /* so long nothing happens, and an open has failed */
#define COUNT_MAX  100000
#define EVENTS     256

struct client {
    int fd;
    SSL *ssl;
    bool asked; /* the request is sent */
    bool open;
    size_t sent; /* of the message */
    size_t got;  /* of its echo, or of the answer's head */
    uint64_t sent_at;
    char head[1024];
};

static struct client *clients;
static size_t count;
static uint32_t latencies[SLOTS];
static unsigned char *frame; /* what is sent */
static unsigned char *want;  /* what comes back */
static size_t frame_len, want_len;
static SSL_CTX *tls;
static uint16_t port;
static char request[4096];

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static double since(uint64_t begin)
{
    return (double)(now() - begin) / 1e6;
}

static void lose(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* 0: nothing now; -1: it is over. */
static ssize_t outcome(const struct client *client, ssize_t n)
{
    int error;

    if (n > 0) {
        return n;
    }
    if (!client->ssl) {
        return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
    }
    error = SSL_get_error(client->ssl, (int)n);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t send_some(struct client *client, const void *at, size_t len)
{
    return outcome(client, client->ssl ? SSL_write(client->ssl, at, (int)len)
                                       : send(client->fd, at, len, MSG_NOSIGNAL));
}

static ssize_t receive(struct client *client, void *at, size_t len)
{
    return outcome(client, client->ssl ? SSL_read(client->ssl, at, (int)len)
                                       : recv(client->fd, at, len, 0));
}

static void wait_for(int polled, int how, struct client *client, uint32_t events)
{
    struct epoll_event event = {events, {.ptr = client}};

    epoll_ctl(polled, how, client->fd, &event);
}

/* Opening */

static bool begin_open(struct client *client, int polled)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int one = 1;

    memset(client, 0, sizeof *client);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (client->fd < 0 || (connect(client->fd, (struct sockaddr *)&address, sizeof address) &&
                           errno != EINPROGRESS)) {
        return false;
    }
    if (tls) {
        client->ssl = SSL_new(tls);
        SSL_set_fd(client->ssl, client->fd);
        SSL_set_connect_state(client->ssl);
    }
    wait_for(polled, EPOLL_CTL_ADD, client, EPOLLOUT);
    return true;
}

static void end(struct client *client)
{
    SSL_free(client->ssl);
    if (client->fd >= 0) {
        close(client->fd);
    }
    client->fd = -1;
    client->ssl = NULL;
}

/* Takes the next step. *failed: there is none. True: it is open. */
static bool go_on_opening(struct client *client, int polled, bool *failed)
{
    ssize_t n = 1;

    if (client->ssl && !SSL_is_init_finished(client->ssl)) {
        n = outcome(client, SSL_do_handshake(client->ssl));
    }
    if (n > 0 && !client->asked) {
        n = send_some(client, request, strlen(request));
        client->asked = n > 0;
    }
    if (n > 0) {
        n = receive(client, client->head + client->got, sizeof client->head - client->got);
        client->got += n > 0 ? (size_t)n : 0;
    }
    *failed = n < 0 || (client->got >= 12 && memcmp(client->head, "HTTP/1.1 101", 12) != 0);
    if (*failed || client->got < 4 ||
        memcmp(client->head + client->got - 4, "\r\n\r\n", 4) != 0) {
        wait_for(polled, EPOLL_CTL_MOD, client,
                 client->ssl && SSL_want_write(client->ssl) ? EPOLLOUT : EPOLLIN);
        return false;
    }
    epoll_ctl(polled, EPOLL_CTL_DEL, client->fd, NULL);
    client->got = 0;
    return client->open = true;
}

/* Those that are not open are taken out. */
static size_t pack(size_t all)
{
    size_t left = 0;

    for (size_t i = 0; i < all; i++) {
        if (clients[i].fd < 0) {
            continue;
        }
        if (i != left) {
            clients[left] = clients[i];
        }
        left++;
    }
    return left;
}

static void open_more(size_t more, size_t at_once, bool again)
{
    int polled = epoll_create1(EPOLL_CLOEXEC), n = 0;
    struct epoll_event events[EVENTS];
    uint64_t begin = now();
    size_t next = count, last = count + more < COUNT_MAX ? count + more : COUNT_MAX;
    size_t under_way = 0, retries = 0;

    for (;;) {
        while (under_way < at_once && next < last) {
            bool begun = begin_open(clients + next++, polled);
            under_way += begun;
            if (!begun) {
                end(clients + next - 1);
                last = next;
            }
        }
        if (!under_way || (n = epoll_wait(polled, events, EVENTS, OPEN_MS)) <= 0) {
            break;
        }
        for (int i = 0; i < n; i++) {
            struct client *client = events[i].data.ptr;
            bool failed;
            if (go_on_opening(client, polled, &failed)) {
                under_way--;
            }
            else if (failed) {
                end(client);
                retries++;
                last = again ? last : next;
                if (!again) {
                    under_way--;
                }
                else if (!begin_open(client, polled)) {
                    lose("a client cannot connect again");
                }
            }
        }
    }
    for (size_t i = count; i < next; i++) {
        if (!clients[i].open) {
            end(clients + i);
        }
    }
    close(polled);
    count = pack(next);
    printf("open %zu %.6f %zu\n", count, since(begin), retries);
}

/* Messages */

static void make_message(size_t size)
{
    static size_t made;
    size_t bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
    /* Taking a mask off large messages would be the backend's main work. */
    unsigned char key[4] = {1, 2, 3, 4};

    if (made == size) {
        return;
    }
    made = size;
    want[0] = frame[0] = 0x82;
    want[1] = (unsigned char)(bytes == 8 ? 127 : bytes ? 126 : size);
    for (size_t i = 0; i < bytes; i++) {
        want[2 + i] = (unsigned char)(size >> 8 * (bytes - 1 - i));
    }
    memcpy(frame, want, 2 + bytes);
    frame[1] |= 0x80;
    memset(key, 0, size > SIZE ? sizeof key : 0);
    memcpy(frame + 2 + bytes, key, 4);
    want_len = 2 + bytes + size;
    frame_len = want_len + 4;
    for (size_t i = 0; i < size; i++) {
        want[2 + bytes + i] = (unsigned char)('a' + i % 23);
        frame[6 + bytes + i] = (unsigned char)(want[2 + bytes + i] ^ key[i % 4]);
    }
}

/* Sends what is left of the message. False: the tunnel is lost. */
static bool push(struct client *client)
{
    while (client->sent < frame_len) {
        ssize_t n = send_some(client, frame + client->sent, frame_len - client->sent);
        if (n <= 0) {
            return n == 0;
        }
        client->sent += (size_t)n;
    }
    return true;
}

/* Whether the echo is whole. */
static bool pull(struct client *client, bool *lost)
{
    static unsigned char bytes[READ_MAX];

    while (client->got < want_len) {
        size_t left = want_len - client->got;
        ssize_t n = receive(client, bytes, left < READ_MAX ? left : READ_MAX);
        if (n <= 0) {
            *lost = n < 0;
            return false;
        }
        if (memcmp(bytes, want + client->got, (size_t)n) != 0) {
            fprintf(stderr, "wrong bytes within %zu to %zu\n", client->got,
                    client->got + (size_t)n);
            *lost = true;
            return false;
        }
        client->got += (size_t)n;
    }
    client->got = 0;
    return true;
}

static uint64_t percentile(uint64_t messages, double share)
{
    uint64_t seen = 0;

    for (size_t i = 0; i < SLOTS; i++) {
        seen += latencies[i];
        if ((double)seen >= (double)messages * share) {
            return i;
        }
    }
    return SLOTS;
}

static void start(struct client *client, int polled, int how)
{
    client->sent_at = now();
    client->sent = 0;
    if (!push(client)) {
        lose("a message cannot be sent");
    }
    if (client->sent < frame_len || how == EPOLL_CTL_ADD) {
        wait_for(polled, how, client, client->sent < frame_len ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }
}

/* Whether the message is back. */
static bool go_on(struct client *client, int polled)
{
    bool lost = false, sending = client->sent < frame_len, whole;

    if (sending && !push(client)) {
        lose("a message cannot be sent");
    }
    if (sending && client->sent == frame_len) {
        wait_for(polled, EPOLL_CTL_MOD, client, EPOLLIN);
    }
    whole = pull(client, &lost);
    if (lost) {
        lose("a tunnel was lost");
    }
    return whole;
}

static void echo(size_t active, double seconds)
{
    int polled = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS];
    uint64_t messages = 0, begin = now(), last = begin + (uint64_t)(seconds * 1e6), t = begin;

    memset(latencies, 0, sizeof latencies);
    active = active < count ? active : count;
    for (size_t i = 0; i < active; i++) {
        start(clients + i * (count / active), polled, EPOLL_CTL_ADD);
    }
    for (size_t under_way = active; under_way;) {
        int n = epoll_wait(polled, events, EVENTS, LIMIT_MS);
        if (n <= 0) {
            lose("messages did not come back");
        }
        for (int i = 0; i < n; i++) {
            struct client *client = events[i].data.ptr;
            if (!go_on(client, polled)) {
                continue;
            }
            t = now();
            latencies[t - client->sent_at < SLOTS ? t - client->sent_at : SLOTS - 1]++;
            messages++;
            if (t < last) {
                start(client, polled, EPOLL_CTL_MOD);
            }
            else {
                under_way--;
            }
        }
    }
    close(polled);
    printf("echo %lu %.3f %lu %lu\n", (unsigned long)messages, (double)(t - begin) / 1e6,
           (unsigned long)percentile(messages, 0.5), (unsigned long)percentile(messages, 0.99));
}

/* Answering Pings of 8 bytes, which is all that a proxy sends to those that are idle */

#define PING_LEN 10

static uint64_t answer(struct client *client)
{
    unsigned char pings[PING_LEN * 16];
    uint64_t answered = 0;
    ssize_t n = receive(client, pings, sizeof pings);

    if (n < 0 || n % PING_LEN) {
        lose("what came is no Ping, or the end");
    }
    for (ssize_t at = 0; at < n; at += PING_LEN) {
        unsigned char pong[PING_LEN + 4] = {0x8a, 0x88}; /* with a key of zeros */
        memcpy(pong + 6, pings + at + 2, 8);
        if (pings[at] != 0x89 || pings[at + 1] != 8 ||
            send_some(client, pong, sizeof pong) != sizeof pong) {
            lose("a Ping cannot be answered");
        }
        answered++;
    }
    return answered;
}

static void idle(double seconds)
{
    int polled = epoll_create1(EPOLL_CLOEXEC), n;
    struct epoll_event events[EVENTS];
    uint64_t begin = now(), tenth = 0, here = 0, most = 0, pings = 0;

    for (size_t i = 0; i < count; i++) {
        wait_for(polled, EPOLL_CTL_ADD, clients + i, EPOLLIN);
    }
    while (since(begin) < seconds && (n = epoll_wait(polled, events, EVENTS, 100)) >= 0) {
        uint64_t current = (now() - begin) / 100000;
        here = current == tenth ? here : 0;
        tenth = current;
        for (int i = 0; i < n; i++) {
            uint64_t answered = answer(events[i].data.ptr);
            pings += answered;
            here += answered;
        }
        most = here > most ? here : most;
    }
    close(polled);
    printf("idle %lu %.3f %lu\n", (unsigned long)pings, since(begin), (unsigned long)most);
}

/* All of them */

static void check(void)
{
    size_t right = 0;

    make_message(SIZE);
    for (size_t i = 0; i < count; i++) {
        struct client *client = clients + i;
        struct pollfd incoming = {client->fd, POLLIN, 0};
        bool lost = false, whole = false;
        client->sent = 0;
        lost = !push(client);
        while (!lost && !(whole = pull(client, &lost)) && !lost) {
            lost = poll(&incoming, 1, LIMIT_MS) <= 0;
        }
        right += whole;
    }
    printf("check %zu\n", right);
}

static void close_all(void)
{
    for (size_t i = 0; i < count; i++) {
        end(clients + i);
    }
    printf("close %zu\n", count);
    count = 0;
}

static void wait_for_the_end(void)
{
    uint64_t begin = now();
    size_t ended = 0;

    for (; ended < count; ended++) {
        struct client *client = clients + ended;
        struct pollfd incoming = {client->fd, POLLIN, 0};
        char bytes[1024];
        ssize_t n;
        while ((n = receive(client, bytes, sizeof bytes)) >= 0) {
            if (n == 0 && poll(&incoming, 1, LIMIT_MS) <= 0) {
                lose("a tunnel does not end");
            }
        }
        end(client);
    }
    count = 0;
    printf("lost %zu %.3f\n", ended, since(begin));
}

static void obey(const char *line)
{
    size_t number, more;
    double seconds;
    int words;

    if ((words = sscanf(line, "open %zu %zu", &number, &more)) >= 1) {
        open_more(number, words > 1 ? more : 1, false);
    }
    else if (sscanf(line, "storm %zu", &number) == 1) {
        open_more(number, number, true);
    }
    else if ((words = sscanf(line, "echo %zu %lf %zu", &number, &seconds, &more)) >= 2) {
        make_message(words > 2 && more <= SIZE_LIMIT ? more : SIZE);
        echo(number, seconds);
    }
    else if (sscanf(line, "idle %lf", &seconds) == 1) {
        idle(seconds);
    }
    else if (strncmp(line, "check", 5) == 0) {
        check();
    }
    else if (strncmp(line, "lost", 4) == 0) {
        wait_for_the_end();
    }
    else if (strncmp(line, "close", 5) == 0) {
        close_all();
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char line[256];
    struct rlimit limit;

    if (argc < 3) {
        fprintf(stderr, "ws_clients PORT PATH [tls]\n");
        return 2;
    }
    port = (uint16_t)atoi(argv[1]);
    snprintf(
        request, sizeof request,
        "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        argv[2]);
    if (argc > 3) {
        tls = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(tls,
                         SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    clients = calloc(COUNT_MAX, sizeof *clients);
    frame = malloc(SIZE_LIMIT + HEADER_MAX);
    want = malloc(SIZE_LIMIT + HEADER_MAX);
    while (fgets(line, sizeof line, stdin)) {
        obey(line);
    }
    return 0;
}
