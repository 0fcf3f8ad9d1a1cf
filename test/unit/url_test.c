#include "tap.h"

#include "core/text/ur_url.h"

static const struct {
    const char *text;
    bool clean;
    const char *escaped;
} cases[] = {
    {"", true, ""},
    {"/a/b?c=d&e=%20", true, "/a/b?c=d&e=%20"},
    {"https://[::1]:8/x;y,z=(1)*!'$@", true, "https://[::1]:8/x;y,z=(1)*!'$@"},
    {"/a#b", true, "/a%23b"},
    {"/%zz", false, "/%zz"},
    {"/%4", false, "/%4"},
    {"/a b", false, "/a%20b"},
    {"/\"<>\\^`{|}", false, "/%22%3C%3E%5C%5E%60%7B%7C%7D"},
    {"/\xc3\xbc\x7f\x01", false, "/%C3%BC%7F%01"},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        char bytes[128];
        struct ur_buf buf = {bytes, sizeof bytes - 1, 0};

        ok(ur_url_clean(edge(cases[i].text)) == cases[i].clean, "clean: case %zu", i);
        ur_url_escape(&buf, edge(cases[i].text));
        bytes[buf.len] = '\0';
        is(bytes, cases[i].escaped, "escaped");
    }
    return tap_done();
}
