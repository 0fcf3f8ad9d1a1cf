#include "tap.h"

#include "core/text/ur_escape.h"

#define BAD "\xEF\xBF\xBD"

static const struct {
    const char *name;
    const char *text;
    const char *json;
    const char *html;
    const char *plain;
} cases[] = {
    {"nothing", "", "", "", ""},
    {"plain", "a b", "a b", "a b", "a b"},
    {"markup", "<a href='x'>&\"", "<a href='x'>&\\\"", "&lt;a href=&#39;x&#39;&gt;&amp;&quot;",
     "<a href='x'>&\""},
    {"backslash", "a\\b", "a\\\\b", "a\\b", "a\\b"},
    {"line end, tab, delete", "\n\t\x7f", "\\n\\t\\u007f", "\n" BAD BAD, BAD BAD BAD},
    {"carriage return", "\r\n", "\\r\\n", BAD "\n", BAD BAD},
    {"other control characters", "\x01\b\f\x1f", "\\u0001\\u0008\\u000c\\u001f",
     BAD BAD BAD BAD, BAD BAD BAD BAD},
    {"control characters of two bytes, the one behind them", "\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0",
     "\\u0080\\u009b\\u009f\xC2\xA0", BAD BAD BAD "\xC2\xA0", BAD BAD BAD "\xC2\xA0"},
    {"two, three and four bytes", "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80",
     "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80", "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80",
     "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {"lone continuation", "a\x80z", "a" BAD "z", "a" BAD "z", "a" BAD "z"},
    {"cut short", "\xE2\x82", BAD BAD, BAD BAD, BAD BAD},
    {"overlong slash", "\xC0\xAF", BAD BAD, BAD BAD, BAD BAD},
    {"overlong three bytes", "\xE0\x80\xAF", BAD BAD BAD, BAD BAD BAD, BAD BAD BAD},
    {"surrogate", "\xED\xA0\x80", BAD BAD BAD, BAD BAD BAD, BAD BAD BAD},
    {"above U+10FFFF", "\xF4\x90\x80\x80", BAD BAD BAD BAD, BAD BAD BAD BAD, BAD BAD BAD BAD},
    {"never a lead byte", "\xF8\xFF", BAD BAD, BAD BAD, BAD BAD},
};

static void check(void (*escape)(struct ur_buf *, struct ur_span), const char *text,
                  const char *want, const char *name)
{
    char bytes[128];
    struct ur_buf buf = {bytes, sizeof bytes - 1, 0};

    escape(&buf, edge(text));
    bytes[buf.len] = '\0';
    is(bytes, want, name);
}

/* Every room from none to enough: what fits is a prefix, the length is always the whole. */
static void test_room(void)
{
    const char *text = "a<b>\xC3\xBC";
    char whole[64];
    struct ur_buf full = {whole, sizeof whole, 0};
    bool good = true;

    ur_escape_html(&full, ur_span_of(text));
    for (size_t room = 0; room <= full.len; room++) {
        char *bytes = malloc(room ? room : 1); /* exact, so that ASan sees one byte too many */
        struct ur_buf buf = {bytes, room, 0};

        ur_escape_html(&buf, ur_span_of(text));
        good = good && buf.len == full.len && memcmp(bytes, whole, room) == 0 &&
               ur_buf_full(&buf) == (room < full.len);
        free(bytes);
    }
    ok(good, "a text that does not fit is cut and counted");
}

static void test_numbers(void)
{
    char bytes[32];
    struct ur_buf buf = {bytes, sizeof bytes - 1, 0};

    ur_buf_number(&buf, 0);
    ur_buf_string(&buf, " ");
    ur_buf_number(&buf, 4294967295U);
    bytes[buf.len] = '\0';
    is(bytes, "0 4294967295", "numbers");
}

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        check(ur_escape_json, cases[i].text, cases[i].json, cases[i].name);
        check(ur_escape_html, cases[i].text, cases[i].html, cases[i].name);
        check(ur_escape_text, cases[i].text, cases[i].plain, cases[i].name);
    }
    test_room();
    test_numbers();
    check(ur_escape_label, "a\\b\"c\nd <e>&'", "a\\\\b\\\"c\\nd <e>&'",
          "label: what is escaped");
    check(ur_escape_label, "\t\x7f\xff\xC2\x9B\xC3\xBC", BAD BAD BAD BAD "\xC3\xBC",
          "label: what is replaced");
    return tap_done();
}
