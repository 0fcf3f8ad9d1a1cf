#include "tap.h"

#include "core/protocol/ur_switch_101.h"

#define ACCEPT     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define FIRST      "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEYED      "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define GOOD       UPGRADE CONNECTION KEYED

#define TWICE   "a header appears twice that may appear once"
#define OTHER   "Upgrade is not websocket"
#define UNFIT   "Sec-WebSocket-Accept does not match the key"
#define VERSION "it is not HTTP/1.1"
#define NO_HTTP "it is not an HTTP/1.x response"
#define BODY    "it announces a body"
#define NAMES   "Connection names a header of the handshake"
#define TOKENS  "Connection is not a list of tokens"
#define FIELD   "a line is not a header"
#define CONTROL "it contains a control character, or a line that does not end in CRLF"

static const struct {
    const char *name;
    const char *head;
    enum ur_switch_101 verdict;
} cases[] = {
    {"RFC 6455's example", FIRST GOOD "\r\n", UR_SWITCH_101_GOOD},
    {"any case, no phrase",
     "HTTP/1.1 101\r\nUPGRADE:WebSocket\r\nconnection: x,\tupgrade\r\n"
     "sec-websocket-accept:" ACCEPT " \r\n\r\n",
     UR_SWITCH_101_GOOD},
    {"8 bits in the phrase and in a value",
     "HTTP/1.1 101 \x80\xff\r\n" GOOD "X: \x80\xff\r\n\r\n", UR_SWITCH_101_GOOD},
    {"an empty Connection", FIRST GOOD "Connection:\r\n\r\n", UR_SWITCH_101_GOOD},
    {"a subprotocol and an extension",
     FIRST GOOD "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Extensions: b; c\r\n\r\n",
     UR_SWITCH_101_GOOD},
    {"no length", FIRST GOOD "Content-Length: 0\r\n\r\n", UR_SWITCH_101_GOOD},
    {"Connection in two fields", FIRST "Connection: close\r\n" GOOD "\r\n", UR_SWITCH_101_GOOD},
    {"bytes behind the head", FIRST GOOD "\r\nrest", UR_SWITCH_101_GOOD},

    {"one empty line first", "\r\n" FIRST GOOD "\r\n", UR_SWITCH_101_GOOD},
    {"a final answer, by its first line",
     "HTTP/1.1 401 Unauthorized\r\nX: ", UR_SWITCH_101_OTHER},

    {"nothing", "", UR_SWITCH_101_MORE},
    {"half a line", "HTTP/1.", UR_SWITCH_101_MORE},
    {"no end of the head", FIRST GOOD, UR_SWITCH_101_MORE},
    {"half an end", FIRST GOOD "\r", UR_SWITCH_101_MORE},

    {"interim", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", UR_SWITCH_101_INTERIM},
    {"continue", "HTTP/1.1 100 \r\n\r\n", UR_SWITCH_101_INTERIM},
    {"200", "HTTP/1.1 200 OK\r\n" GOOD "\r\n", UR_SWITCH_101_OTHER},
    {"200 in HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", UR_SWITCH_101_OTHER},
    {"426", "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n\r\n", UR_SWITCH_101_OTHER},
};

static const struct {
    const char *name;
    const char *head;
    const char *fault;
} bad[] = {
    {"bare", FIRST "\r\n", "Upgrade is missing"},
    {"no Upgrade", FIRST CONNECTION KEYED "\r\n", "Upgrade is missing"},
    {"two Upgrades", FIRST UPGRADE GOOD "\r\n", TWICE},
    {"a list", FIRST "Upgrade: websocket, h2c\r\n" CONNECTION KEYED "\r\n", OTHER},
    {"another protocol", FIRST "Upgrade: h2c\r\n" CONNECTION KEYED "\r\n", OTHER},
    {"a version", FIRST "Upgrade: websocket/13\r\n" CONNECTION KEYED "\r\n", OTHER},
    {"no Connection", FIRST UPGRADE KEYED "\r\n", "Connection does not name upgrade"},
    {"no Accept", FIRST UPGRADE CONNECTION "\r\n", "Sec-WebSocket-Accept is missing"},
    {"two Accepts", FIRST GOOD KEYED "\r\n", TWICE},
    {"two subprotocols",
     FIRST GOOD "Sec-WebSocket-Protocol: a\r\nsec-websocket-protocol: a\r\n\r\n", TWICE},
    {"two lines of extensions",
     FIRST GOOD "Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b\r\n\r\n", TWICE},
    {"another Accept", FIRST UPGRADE CONNECTION "Sec-WebSocket-Accept: x\r\n\r\n", UNFIT},
    {"an Accept in another case",
     FIRST UPGRADE CONNECTION "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     UNFIT},
    {"HTTP/1.0", "HTTP/1.0 101 Switching\r\n" GOOD "\r\n", VERSION},
    {"HTTP/1.9", "HTTP/1.9 101 Switching\r\n" GOOD "\r\n", VERSION},
    {"HTTP/2", "HTTP/2 101 Switching\r\n" GOOD "\r\n", NO_HTTP},
    {"chunked", FIRST GOOD "Transfer-Encoding: chunked\r\n\r\n", BODY},
    {"a length", FIRST GOOD "Content-Length: 5\r\n\r\n", BODY},
    {"a length of zeros", FIRST GOOD "Content-Length: 00\r\n\r\n", BODY},
    {"Connection names the Accept", FIRST GOOD "Connection: sec-websocket-accept\r\n\r\n",
     NAMES},
    {"Connection names another of them", FIRST GOOD "Connection: a,Sec-WebSocket-X\r\n\r\n",
     NAMES},
    {"Connection without commas", FIRST GOOD "Connection: a b\r\n\r\n", TOKENS},
    {"Connection with a semicolon", FIRST GOOD "Connection: a;b\r\n\r\n", TOKENS},
    {"Connection with quotes", FIRST GOOD "Connection: \"a, b\"\r\n\r\n", TOKENS},
    {"a folded line", FIRST GOOD "X: a\r\n b\r\n\r\n", FIELD},
    {"a folded line that is a field", FIRST GOOD "X: a\r\n\tb: c\r\n\r\n", FIELD},
    {"a line of white space", FIRST GOOD " \r\n\r\n", FIELD},
    {"a line without colon", FIRST GOOD "X\r\n\r\n", FIELD},
    {"a line without name", FIRST GOOD ": x\r\n\r\n", FIELD},
    {"a space before the colon", FIRST GOOD "Upgrade : x\r\n\r\n", FIELD},
    {"a tab before the colon", FIRST GOOD "Upgrade\t: x\r\n\r\n", FIELD},
    {"a bare LF", FIRST GOOD "X: y\nZ: z\r\n\r\n", CONTROL},
    {"a bare LF at the end", FIRST GOOD "\n", CONTROL},
    {"a bare LF behind the first line", "HTTP/1.1 101 x\n" GOOD "\r\n", CONTROL},
    {"a bare LF before it", "\n" FIRST GOOD "\r\n", CONTROL},
    {"a bare CR", FIRST GOOD "X: y\rZ: z\r\n\r\n", CONTROL},
    {"two CR", FIRST GOOD "X: y\r\r\n\r\n", CONTROL},
    {"two CR in an empty line", FIRST GOOD "\r\r\n\r\n", CONTROL},
    {"an interim with a line that is no field", "HTTP/1.1 103 x\r\nX\r\n\r\n", FIELD},
    {"an interim with a folded line", "HTTP/1.1 103 x\r\nX: y\r\n z\r\n\r\n", FIELD},
    {"an interim with a bare LF", "HTTP/1.1 103 x\nX: y\r\n\r\n", CONTROL},
    {"no HTTP", "SSH-2.0-OpenSSH\r\n", NO_HTTP},
    {"two empty lines first", "\r\n\r\n" FIRST GOOD "\r\n", NO_HTTP},
    {"two spaces before the status", "HTTP/1.1  101 x\r\n" GOOD "\r\n", NO_HTTP},
    {"a tab before it", "HTTP/1.1\t101 x\r\n" GOOD "\r\n", NO_HTTP},
    {"a tab behind it", "HTTP/1.1 101\tx\r\n" GOOD "\r\n", NO_HTTP},
    {"a small letter", "HTTp/1.1 101 x\r\n" GOOD "\r\n", NO_HTTP},
    {"a status of four digits", "HTTP/1.1 1010 x\r\n\r\n", NO_HTTP},
    {"a status of two", "HTTP/1.1 10\r\n\r\n", NO_HTTP},
    {"a status below 100", "HTTP/1.1 099 x\r\n\r\n", NO_HTTP},
};

static enum ur_switch_101 judge(struct ur_span head, const char **fault)
{
    *fault = NULL;
    return ur_switch_101_judge(head, UR_SPAN(ACCEPT), fault);
}

/* Every byte at each place, in a head that is good with another one there. */
static const struct {
    const char *name;
    const char *before;
    const char *behind;
    const char *good; /* besides what may stand at every place */
} places[] = {
    {"a name", FIRST GOOD "X", "Y: z\r\n\r\n", "!#$%&'*+-.^_`|~:"},
    {"a value", FIRST GOOD "X: y", "z\r\n\r\n", NULL},
    {"the start of a value", FIRST GOOD "X:", "z\r\n\r\n", NULL},
    {"the end of a value", FIRST GOOD "X: y", "\r\n\r\n", NULL},
    {"the phrase", "HTTP/1.1 101 y", "z\r\n" GOOD "\r\n", NULL},
    {"the end of the phrase", "HTTP/1.1 101 y", "\r\n" GOOD "\r\n", NULL},
};

static bool may_stand(unsigned byte, const char *good)
{
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                  (byte >= '0' && byte <= '9');

    return letter || (good ? byte && strchr(good, (int)byte)
                           : byte == '\t' || (byte >= ' ' && byte != 0x7f));
}

static void test_bytes(void)
{
    for (size_t i = 0; i < COUNT(places); i++) {
        for (unsigned byte = 0; byte <= 0xff; byte++) {
            char head[256];
            const char *fault;
            int len = snprintf(head, sizeof head, "%s%c%s", places[i].before, (char)byte,
                               places[i].behind);
            struct ur_span span = {head, (size_t)len};
            enum ur_switch_101 want =
                may_stand(byte, places[i].good) ? UR_SWITCH_101_GOOD : UR_SWITCH_101_BAD;
            ok(judge(span, &fault) == want, "0x%02x in %s", byte, places[i].name);
        }
    }
}

static const struct {
    const char *connection;
    const char *name;
    bool passes;
} passes[] = {
    {"Upgrade", "Upgrade", true},
    {"Upgrade", "X", true},
    {"Upgrade", "Sec-WebSocket-Accept", true},
    {"Upgrade", "Connection", false},
    {"Upgrade", "content-length", false},
    {"Upgrade", "Keep-Alive", false},
    {"Upgrade", "Proxy-Authenticate", false},
    {"Upgrade", "Proxy-Connection", false},
    {"Upgrade", "TE", false},
    {"Upgrade", "TRAILER", false},
    {"Upgrade, X", "x", false},
    {"x , Upgrade", "X", false},
    {"Upgrade, XY", "X", true},
    {"Upgrade\r\nA: b\r\nconnection:\tX", "x", false},
    {"Upgrade, Set-Cookie", "Set-Cookie", false},
};

static void test_passes(void)
{
    for (size_t i = 0; i < COUNT(passes); i++) {
        char text[256];
        snprintf(text, sizeof text, "\r\n%sConnection: %s\r\nX: y\r\n\r\n", FIRST,
                 passes[i].connection);
        ok(ur_switch_101_passes(edge(text), edge(passes[i].name)) == passes[i].passes,
           "row %zu: whether %s passes", i, passes[i].name);
    }
}

static void test_limits(void)
{
    static char endless[UR_SWITCH_101_MAX + 1];
    const char *fault;

    memset(endless, 'x', sizeof endless - 1);
    ok(judge(edge(endless), &fault) == UR_SWITCH_101_BAD &&
           strcmp(fault, "its status line is too long") == 0,
       "a line without end");
    memcpy(endless, FIRST, sizeof FIRST - 1);
    ok(judge(edge(endless), &fault) == UR_SWITCH_101_BAD &&
           strcmp(fault, "its headers are too long") == 0,
       "a head without end");
    endless[sizeof endless - 2] = '\0';
    ok(judge(edge(endless), &fault) == UR_SWITCH_101_MORE, "one byte below the limit");
}

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *fault;
        enum ur_switch_101 verdict = judge(edge(cases[i].head), &fault);
        ok(verdict == cases[i].verdict && !fault, "%s", cases[i].name);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *fault;
        enum ur_switch_101 verdict = judge(edge(bad[i].head), &fault);
        ok(verdict == UR_SWITCH_101_BAD, "%s", bad[i].name);
        is(fault, bad[i].fault, bad[i].name);
    }
    test_bytes();
    test_passes();
    test_limits();
    return tap_done();
}
