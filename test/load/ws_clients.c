/* Many WebSocket clients: ws_clients PORT PATH [tls]. Takes one command a line and answers each
 * with one line:
 *   open N              opens N more         -> open COUNT
 *   echo ACTIVE SECONDS each of ACTIVE has one message of 32 bytes under way all the time
 *                                            -> echo MESSAGES SECONDS P50 P99 (microseconds)
 *   check               one message on each  -> check COUNT, of those that came back right
 * and ends with its standard input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
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

#define SIZE      32
#define MESSAGE   (SIZE + 2) /* as a server sends it */
#define SLOTS     1000000    /* of latencies, in microseconds */
#define LIMIT_MS  60000
#define COUNT_MAX 100000

struct client {
    int fd;
    SSL *ssl;
    size_t got;
    uint64_t sent_at;
};

static struct client clients[COUNT_MAX];
static size_t count;
static uint32_t latencies[SLOTS];
static unsigned char frame[SIZE + 6] = {0x82, 0x80 | SIZE, 1, 2, 3, 4};
static unsigned char want[MESSAGE] = {0x82, SIZE};
static SSL_CTX *tls;
static uint16_t port;
static const char *path;

static uint64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool send_all(struct client *client, const void *at, size_t len)
{
    return client->ssl ? SSL_write(client->ssl, at, (int)len) == (int)len
                       : send(client->fd, at, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Of a socket that waits, or not: 0: nothing now; -1: it is over. */
static ssize_t receive(struct client *client, void *at, size_t len)
{
    ssize_t n;

    if (client->ssl) {
        n = SSL_read(client->ssl, at, (int)len);
        return n > 0 ? n : SSL_get_error(client->ssl, (int)n) == SSL_ERROR_WANT_READ ? 0 : -1;
    }
    n = recv(client->fd, at, len, 0);
    return n > 0 ? n : n < 0 && errno == EAGAIN ? 0 : -1;
}

static bool shake_hands(struct client *client)
{
    char head[4096];
    size_t len = 0;
    int n = snprintf(head, sizeof head,
                     "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                     "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     path);

    if (!send_all(client, head, (size_t)n)) {
        return false;
    }
    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0) {
        if (len == sizeof head - 1 || receive(client, head + len, 1) != 1) {
            return false;
        }
        len++;
    }
    return memcmp(head, "HTTP/1.1 101", 12) == 0;
}

static bool open_one(struct client *client)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct timeval patience = {10, 0};
    int one = 1;

    memset(client, 0, sizeof *client);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0) {
        return false;
    }
    if (tls) {
        client->ssl = SSL_new(tls);
        SSL_set_fd(client->ssl, client->fd);
        if (SSL_connect(client->ssl) != 1) {
            return false;
        }
    }
    return shake_hands(client);
}

static void open_more(size_t more)
{
    while (more-- && count < COUNT_MAX) {
        struct client *client = clients + count;
        if (open_one(client)) {
            count++;
            continue;
        }
        SSL_free(client->ssl);
        close(client->fd);
        break; /* as many as go */
    }
    printf("open %zu\n", count);
}

/* Whether the message is whole. */
static bool take(struct client *client, bool *lost)
{
    unsigned char bytes[MESSAGE];

    while (client->got < MESSAGE) {
        ssize_t n = receive(client, bytes, MESSAGE - client->got);
        if (n <= 0) {
            *lost = n < 0;
            return false;
        }
        if (memcmp(bytes, want + client->got, (size_t)n) != 0) {
            *lost = true;
            return false;
        }
        client->got += (size_t)n;
    }
    client->got = 0;
    return true;
}

static void set_blocking(struct client *client, bool blocking)
{
    int flags = fcntl(client->fd, F_GETFL);

    fcntl(client->fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
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

static void start(struct client *client)
{
    client->sent_at = now();
    if (!send_all(client, frame, sizeof frame)) {
        fprintf(stderr, "a message cannot be sent\n");
        exit(1);
    }
}

static void echo(size_t active, double seconds)
{
    int polled = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[256];
    uint64_t messages = 0, begin, end, t = 0;

    memset(latencies, 0, sizeof latencies);
    active = active < count ? active : count;
    for (size_t i = 0; i < active; i++) {
        struct epoll_event event = {EPOLLIN, {.ptr = clients + i * (count / active)}};
        epoll_ctl(polled, EPOLL_CTL_ADD, ((struct client *)event.data.ptr)->fd, &event);
        set_blocking(event.data.ptr, false);
    }
    begin = now();
    end = begin + (uint64_t)(seconds * 1e6);
    for (size_t i = 0; i < active; i++) {
        start(clients + i * (count / active));
    }
    for (size_t under_way = active; under_way;) {
        int n = epoll_wait(polled, events, 256, LIMIT_MS);
        if (n <= 0) {
            fprintf(stderr, "%zu messages did not come back\n", under_way);
            exit(1);
        }
        for (int i = 0; i < n; i++) {
            struct client *client = events[i].data.ptr;
            bool lost = false;
            if (!take(client, &lost)) {
                if (lost) {
                    fprintf(stderr, "a tunnel was lost\n");
                    exit(1);
                }
                continue;
            }
            t = now();
            latencies[t - client->sent_at < SLOTS ? t - client->sent_at : SLOTS - 1]++;
            messages++;
            if (t < end) {
                start(client);
            }
            else {
                under_way--;
            }
        }
    }
    for (size_t i = 0; i < active; i++) {
        set_blocking(clients + i * (count / active), true);
    }
    close(polled);
    printf("echo %lu %.3f %lu %lu\n", (unsigned long)messages, (double)(t - begin) / 1e6,
           (unsigned long)percentile(messages, 0.5), (unsigned long)percentile(messages, 0.99));
}

static void check(void)
{
    size_t right = 0;

    for (size_t i = 0; i < count; i++) {
        bool lost = false;
        if (send_all(clients + i, frame, sizeof frame) && take(clients + i, &lost)) {
            right++;
        }
    }
    printf("check %zu\n", right);
}

int main(int argc, char **argv)
{
    char line[256];
    struct rlimit limit;
    size_t number;
    double seconds;

    if (argc < 3) {
        fprintf(stderr, "ws_clients PORT PATH [tls]\n");
        return 2;
    }
    port = (uint16_t)atoi(argv[1]);
    path = argv[2];
    tls = argc > 3 ? SSL_CTX_new(TLS_client_method()) : NULL;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    for (size_t i = 0; i < SIZE; i++) {
        want[2 + i] = 'x';
        frame[6 + i] = (unsigned char)('x' ^ frame[2 + i % 4]);
    }
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "open %zu", &number) == 1) {
            open_more(number);
        }
        else if (sscanf(line, "echo %zu %lf", &number, &seconds) == 2) {
            echo(number, seconds);
        }
        else if (strncmp(line, "check", 5) == 0) {
            check();
        }
        fflush(stdout);
    }
    return 0;
}
