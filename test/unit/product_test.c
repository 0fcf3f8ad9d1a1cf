#include "tap.h"

#include "core/protocol/ur_product.h"

/* [User-Agent, the word] */
static const struct {
    const char *user_agent;
    const char *word;
} cases[] = {
    {NULL, "-"},
    {"", "-"},
    {"curl/7.88.1", "curl"},
    {"curl", "curl"},
    {"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0", "Mozilla"},
    {"okhttp/4.12.0", "okhttp"},
    {"Java-http-client/17.0.9", "Java-http-client"},
    {"Go http package", "Go"},
    {"My Client", "My"},
    {"(compatible)", "-"},
    {"/1.0", "-"},
    {" curl/1", "-"},
    {"<script>alert(1)</script>", "-"},
    {"a<b>/1", "a"},
    {"a\"b", "a"},
    {"caf\xc3\xa9/1", "caf"},
    {"\xff", "-"},
    {"x\r\ny", "x"},
    {"123456789012345678901234", "123456789012345678901234"},
    {"1234567890123456789012345", "123456789012345678901234"},
    {"!#$%&'*+-.^_`|~9Az/1", "!#$%&'*+-.^_`|~9Az"},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ur_span word = ur_product_word(edge(cases[i].user_agent));
        char text[UR_PRODUCT_MAX + 1] = "";
        ok(word.len > 0 && word.len <= UR_PRODUCT_MAX, "case %zu: a length", i);
        memcpy(text, word.at, word.len < UR_PRODUCT_MAX ? word.len : UR_PRODUCT_MAX);
        is(text, cases[i].word, cases[i].user_agent ? cases[i].user_agent : "(none)");
    }
    return tap_done();
}
