#include "tap.h"

#include "core/protocol/ur_path.h"

#include <stdint.h>

static const struct {
    const char *path;
    bool plain;
} plain_cases[] = {
    {"", true},
    {"*", true},
    {"/", true},
    {"//a///b//", true},
    {"/a.b/.c/..d/e./f../.../....", true},
    {"/a;x/b;y=1", true},
    {"http://localhost:80/a", true},
    {"/100%25.pdf", true},
    {"/100%", true},
    {"/%zz%4", true},
    {"/a%2Fb%5Cc", true},
    {"/what%3F", true},
    {"/caf\xc3\xa9%C3%A9", true},

    {".", false},
    {"..", false},
    {"/.", false},
    {"/./", false},
    {"/a/..", false},
    {"/a/../b", false},
    {"http://localhost/../a", false},
    {"/a#/../b", false},
    {"/a/..;x/b", false},
    {"/a/.;", false},
    {"/;", false},
    {"/;x/a", false},
    {"/a/;/b", false},
    {"/a\\..\\b", false},
    {"/a\\;x", false},

    {"/%2e", false},
    {"/%2E%2e/", false},
    {"/.%2e", false},
    {"/%2e.;x", false},
    {"/..%3bx", false},
    {"/%3B", false},
    {"/a%2F..%2Fb", false},
    {"/a%2f%2e%2e%2fb", false},
    {"/a%5C..", false},
    {"/%252e%252E", false},
    {"/%25252e", false},
    {"/%25%32%65", false},
    {"/%%32e", false},
    {"/a%252f..", false},
    {"/%253b", false},

    {"/a%00", false},
    {"/.%09.", false},
    {"/a\x7f", false},
    {"/a\n", false},

    {"/a;x%2Fb", false},
    {"/a;x%252Fb", false},
    {"/a%2Fb;x", false},
    {"/a;x\\b", false},
    {"/a%3Bx%5Cb", false},

    {"/%25252541", true},    /* four rounds */
    {"/%2525252541", false}, /* five */
};

static const struct {
    const char *path;
    const char *left;
} strip_cases[] = {
    {"", NULL},        {"/a/b", NULL},       {"/a%2Fb", NULL},
    {"/a;x", "/a"},    {"/a;", "/a"},        {"/a;x;y=1/b;z/c", "/a/b/c"},
    {";x/a", "/a"},    {"/a%3Bx/b", "/a/b"}, {"/a%253bx/%62", "/a/b"},
    {"/a?b", "/a"},    {"/a%3F/b", "/a"},    {"/a%253f/b", "/a"},
    {"/a;x?/b", "/a"}, {"/a?b;c/d", "/a"},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(plain_cases); i++) {
        struct ur_span path = edge(plain_cases[i].path); /* decoded there */

        ok(ur_path_plain((char *)(uintptr_t)path.at, path.len) == plain_cases[i].plain,
           "plain: %s", plain_cases[i].path);
    }
    for (size_t i = 0; i < COUNT(strip_cases); i++) {
        char path[32];

        strcpy(path, strip_cases[i].path);
        ok(ur_path_strip(path) == (strip_cases[i].left != NULL), "strip: %s",
           strip_cases[i].path);
        if (strip_cases[i].left) {
            is(path, strip_cases[i].left, "what is left");
        }
    }
    return tap_done();
}
