#include "tap.h"

#include "core/protocol/ur_upgrade_426.h"

#define FIRST "HTTP/1.1 426 Upgrade Required\r\n"

static const struct {
    const char *name;
    const char *head;
    enum ur_upgrade_426 offer;
    const char *list;
} cases[] = {
    {"one", FIRST "Upgrade: websocket\r\n\r\n", UR_UPGRADE_426_FOUND, "websocket"},
    {"a list, spaced anew", FIRST "upgrade:TLS/1.3 ,, websocket,\r\n\r\n", UR_UPGRADE_426_FOUND,
     "TLS/1.3, websocket"},
    {"several fields", FIRST "Upgrade: a\r\nX: y\r\nUpgrade: b/1\r\n\r\n", UR_UPGRADE_426_FOUND,
     "a, b/1"},
    {"HTTP/1.0, no phrase, bare line ends", "HTTP/1.0 426\nUpgrade: a\n\n",
     UR_UPGRADE_426_FOUND, "a"},
    {"an empty line first", "\r\n" FIRST "Upgrade: a\r\n\r\n", UR_UPGRADE_426_FOUND, "a"},
    {"bytes behind the head", FIRST "Upgrade: a\r\n\r\nUpgrade: b\r\n", UR_UPGRADE_426_FOUND,
     "a"},
    {"every token character", FIRST "Upgrade: !#$%&'*+-.^_`|~azAZ09\r\n\r\n",
     UR_UPGRADE_426_FOUND, "!#$%&'*+-.^_`|~azAZ09"},

    {"nothing yet", "", UR_UPGRADE_426_MORE, NULL},
    {"half a line", "HTTP/1.1 42", UR_UPGRADE_426_MORE, NULL},
    {"no end yet", FIRST "Upgrade: a\r\n", UR_UPGRADE_426_MORE, NULL},
    {"interim, no end yet", "HTTP/1.1 103 Early Hints\r\nUpgrade: a\r\n", UR_UPGRADE_426_MORE,
     NULL},
    {"interim", "HTTP/1.1 103 Early Hints\r\nUpgrade: a\r\n\r\n", UR_UPGRADE_426_INTERIM, NULL},

    {"no Upgrade", FIRST "X: y\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"an empty one", FIRST "Upgrade: ,\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"no token", FIRST "Upgrade: web socket\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"no token behind a good one", FIRST "Upgrade: a\r\nUpgrade: b\"\r\n\r\n",
     UR_UPGRADE_426_NONE, NULL},
    {"a control character", FIRST "Upgrade: a\001b\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"not ASCII", FIRST "Upgrade: a\xe4\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"no version", FIRST "Upgrade: a/\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"no name", FIRST "Upgrade: /1\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"two versions", FIRST "Upgrade: a/1/2\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"too long", FIRST "Upgrade: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n",
     UR_UPGRADE_426_NONE, NULL},
    {"too long, then short",
     FIRST "Upgrade: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nUpgrade: b\r\n\r\n",
     UR_UPGRADE_426_NONE, NULL},
    {"a folded one", FIRST "Upgrade: a\r\n b\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"a space before the colon", FIRST "Upgrade: a\r\nUpgrade : b\r\n\r\n", UR_UPGRADE_426_NONE,
     NULL},
    {"a line that is no field", FIRST "Upgrade: a\r\nX\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"another status", "HTTP/1.1 200 OK\r\nUpgrade: a\r\n\r\n", UR_UPGRADE_426_NONE, NULL},
    {"no HTTP", "SSH-2.0-OpenSSH\r\n", UR_UPGRADE_426_NONE, NULL},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        char room[33];
        struct ur_buf list = {room, 32, 0};
        if (ok(ur_upgrade_426_read(edge(cases[i].head), &list) == cases[i].offer, "%s",
               cases[i].name) &&
            cases[i].list) {
            room[list.len] = '\0';
            is(room, cases[i].list, cases[i].name);
        }
    }
    return tap_done();
}
