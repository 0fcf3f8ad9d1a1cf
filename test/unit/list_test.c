#include "tap.h"

#include "core/text/ur_list.h"

static const struct {
    const char *name;
    const char *list;
    const char *members; /* joined by | */
} lists[] = {
    {"absent", NULL, ""},
    {"empty", "", ""},
    {"only commas", ",,, ,\t,", ""},
    {"one", "websocket", "websocket"},
    {"white space around", " \ta \t,\t b ", "a|b"},
    {"empty members", ",a,,b,", "a|b"},
    {"inner space stays", "a b,c", "a b|c"},
    {"comma in quotes", "a;x=\"1,2\", b", "a;x=\"1,2\"|b"},
    {"escaped quote in quotes", "a;x=\"\\\",\",b", "a;x=\"\\\",\"|b"},
    {"quotes that never end", "a, \"b, c", "a|\"b, c"},
    {"backslash at the end", "\"a\\", "\"a\\"},
    {"bytes above ASCII", "\xff,\x80", "\xff|\x80"},
};

static const struct {
    const char *name;
    const char *list;
    const char *word;
    bool has;
} words[] = {
    {"any case", "WebSocket", "websocket", true},
    {"any place", "h2c, foo, websocket", "websocket", true},
    {"with a version", "websocket/13", "websocket", false},
    {"with a parameter", "websocket;x", "websocket", false},
    {"a prefix of it", "websocke", "websocket", false},
    {"in quotes", "\"websocket\"", "websocket", false},
    {"two words without comma", "keep-alive upgrade", "upgrade", false},
    {"absent", NULL, "upgrade", false},
};

static void test_members(void)
{
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct ur_span rest = edge(lists[i].list);
        struct ur_span member;
        char joined[64] = "";

        while (ur_list_next(&rest, &member)) {
            strcat(joined, *joined ? "|" : "");
            strncat(joined, member.at, member.len);
        }
        is(joined, lists[i].members, lists[i].name);
    }
}

/* Each byte is looked at a fixed number of times: doubling the input must not do more
 * than double the members found, and 8 KiB of commas end at all. */
static void test_commas(void)
{
    static char commas[8193];

    memset(commas, ',', sizeof commas - 1);
    ok(ur_list_count(edge(commas)) == 0, "8 KiB of commas have no member");
    for (size_t i = 0; i < sizeof commas - 1; i += 2) {
        commas[i] = 'a';
    }
    ok(ur_list_count(edge(commas)) == 4096, "4096 members");
}

int main(void)
{
    test_members();
    for (size_t i = 0; i < COUNT(words); i++) {
        ok(ur_list_has(edge(words[i].list), ur_span_of(words[i].word)) == words[i].has,
           "has: %s", words[i].name);
    }
    test_commas();
    return tap_done();
}
