#include "tap.h"

#include "judgement/ur_switching.h"

#define ACCEPT     "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define FIRST      "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define KEYED      "Sec-WebSocket-Accept: " ACCEPT "\r\n"
#define GOOD       UPGRADE CONNECTION KEYED

static const struct {
    const char *name;
    const char *head;
    enum ur_switching verdict;
} cases[] = {
    {"RFC 6455's example", FIRST GOOD "\r\n", UR_SWITCHING_GOOD},
    {"any case, no phrase, bare line ends",
     "HTTP/1.1 101\nUPGRADE:WebSocket\nconnection: x,\tupgrade\n"
     "sec-websocket-accept:" ACCEPT " \n\n",
     UR_SWITCHING_GOOD},
    {"Connection in two fields", FIRST "Connection: close\r\n" GOOD "\r\n", UR_SWITCHING_GOOD},
    {"bytes behind the head", FIRST GOOD "\r\nrest", UR_SWITCHING_GOOD},

    {"one empty line first", "\r\n" FIRST GOOD "\r\n", UR_SWITCHING_GOOD},
    {"a final answer, by its first line",
     "HTTP/1.1 401 Unauthorized\r\nX: ", UR_SWITCHING_OTHER},

    {"nothing", "", UR_SWITCHING_MORE},
    {"half a line", "HTTP/1.", UR_SWITCHING_MORE},
    {"no end of the head", FIRST GOOD, UR_SWITCHING_MORE},
    {"half an end", FIRST GOOD "\r", UR_SWITCHING_MORE},

    {"interim", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", UR_SWITCHING_INTERIM},
    {"continue", "HTTP/1.1 100 \r\n\r\n", UR_SWITCHING_INTERIM},
    {"200", "HTTP/1.1 200 OK\r\n" GOOD "\r\n", UR_SWITCHING_OTHER},
    {"200 in HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", UR_SWITCHING_OTHER},
    {"426", "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n\r\n", UR_SWITCHING_OTHER},

    {"bare", FIRST "\r\n", UR_SWITCHING_BAD},
    {"no Upgrade", FIRST CONNECTION KEYED "\r\n", UR_SWITCHING_BAD},
    {"two Upgrades", FIRST UPGRADE GOOD "\r\n", UR_SWITCHING_BAD},
    {"a list", FIRST "Upgrade: websocket, h2c\r\n" CONNECTION KEYED "\r\n", UR_SWITCHING_BAD},
    {"another protocol", FIRST "Upgrade: h2c\r\n" CONNECTION KEYED "\r\n", UR_SWITCHING_BAD},
    {"no Connection", FIRST UPGRADE KEYED "\r\n", UR_SWITCHING_BAD},
    {"no Accept", FIRST UPGRADE CONNECTION "\r\n", UR_SWITCHING_BAD},
    {"two Accepts", FIRST GOOD KEYED "\r\n", UR_SWITCHING_BAD},
    {"another Accept", FIRST UPGRADE CONNECTION "Sec-WebSocket-Accept: x\r\n\r\n",
     UR_SWITCHING_BAD},
    {"an Accept in another case",
     FIRST UPGRADE CONNECTION "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
     UR_SWITCHING_BAD},
    {"HTTP/1.0", "HTTP/1.0 101 Switching\r\n" GOOD "\r\n", UR_SWITCHING_BAD},
    {"HTTP/2", "HTTP/2 101 Switching\r\n" GOOD "\r\n", UR_SWITCHING_BAD},
    {"chunked", FIRST GOOD "Transfer-Encoding: chunked\r\n\r\n", UR_SWITCHING_BAD},
    {"a folded line", FIRST GOOD "X: a\r\n b\r\n\r\n", UR_SWITCHING_BAD},
    {"a line without colon", FIRST GOOD "X\r\n\r\n", UR_SWITCHING_BAD},
    {"a line without name", FIRST GOOD ": x\r\n\r\n", UR_SWITCHING_BAD},
    {"no HTTP", "SSH-2.0-OpenSSH\r\n", UR_SWITCHING_BAD},
    {"two empty lines first", "\r\n\r\n" FIRST GOOD "\r\n", UR_SWITCHING_BAD},
    {"a status of four digits", "HTTP/1.1 1010 x\r\n\r\n", UR_SWITCHING_BAD},
    {"a status of two", "HTTP/1.1 10\r\n\r\n", UR_SWITCHING_BAD},
    {"a status below 100", "HTTP/1.1 099 x\r\n\r\n", UR_SWITCHING_BAD},
};

int main(void)
{
    static char endless[UR_SWITCHING_MAX + 1];

    for (size_t i = 0; i < COUNT(cases); i++) {
        enum ur_switching verdict = ur_switching_judge(edge(cases[i].head), UR_SPAN(ACCEPT));
        ok(verdict == cases[i].verdict, "%s", cases[i].name);
    }
    memset(endless, 'x', sizeof endless - 1);
    ok(ur_switching_judge(edge(endless), UR_SPAN(ACCEPT)) == UR_SWITCHING_BAD,
       "a line without end");
    endless[sizeof endless - 2] = '\0';
    ok(ur_switching_judge(edge(endless), UR_SPAN(ACCEPT)) == UR_SWITCHING_MORE,
       "one byte below the limit");
    return tap_done();
}
