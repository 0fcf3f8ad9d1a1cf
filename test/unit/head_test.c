#include "tap.h"

#include "core/protocol/ur_head.h"

static const struct {
    const char *line;
    int status;
} statuses[] = {
    {"HTTP/1.1 200 OK", 200}, {"HTTP/1.0 426", 426},
    {"HTTP/1.1 101 ", 101},   {"HTTP/1.9 099 x", 99},
    {"HTTP/1.1 20", 0},       {"HTTP/1.1 2000", 0},
    {"HTTP/1.1  200", 0},     {"HTTP/2 200 OK", 0},
    {"HTTP/1.x 200 OK", 0},   {"http/1.1 200 OK", 0},
    {"HTTP/1.1 2a0 OK", 0},   {"HTTP/1.1\t200 OK", 0},
    {"SSH-2.0-OpenSSH_9", 0}, {"", 0},
};

static const struct {
    const char *line;
    const char *name; /* NULL: no field */
    const char *value;
} fields[] = {
    {"a:b", "a", "b"},       {"A: \t b \t", "A", "b"}, {"a:", "a", ""},
    {"a:b:c", "a", "b:c"},   {"a : b", NULL, NULL},    {":b", NULL, NULL},
    {"", NULL, NULL},        {"a", NULL, NULL},        {"a\t: b", NULL, NULL},
    {"a b: c", NULL, NULL},  {"\xe9: b", NULL, NULL},  {" : b", NULL, NULL},
    {"a/b: c", NULL, NULL},  {"\"a\": b", NULL, NULL}, {"a\r: b", NULL, NULL},
    {"a:\xe9", "a", "\xe9"}, {" a: b", NULL, NULL},    {"\ta: b", NULL, NULL},
};

static void test_lines(void)
{
    struct ur_span rest = edge("\r\nHTTP/1.1 200 OK\nA: b\r\n\r\nrest");
    struct ur_span line;

    ok(ur_head_status_line(&rest, &line) && ur_span_is(line, UR_SPAN("HTTP/1.1 200 OK")),
       "one empty line is passed over");
    ok(ur_head_line(&rest, &line) && ur_span_is(line, UR_SPAN("A: b")), "a line without CRLF");
    ok(ur_head_line(&rest, &line) && line.len == 0, "the empty line");
    ok(!ur_head_line(&rest, &line) && ur_span_is(rest, UR_SPAN("rest")), "no line: all stays");
    rest = edge("\r\nHTTP");
    ok(!ur_head_status_line(&rest, &line) && rest.len == 6, "no status line: all stays");
    rest = edge("\r\n\r\nHTTP/1.1 200 OK\r\n");
    ok(ur_head_status_line(&rest, &line) && line.len == 0, "two empty lines: an empty one");
}

static void test_clean(void)
{
    static const char *const dirty[] = {"\n",     "a\nb\r\n", "\r",       "a\r",
                                        "\r\r\n", "\n\r\n",   "a\r\nb\n", "a\rb\r\n"};

    ok(ur_head_is_clean(edge("")), "nothing");
    ok(ur_head_is_clean(edge("\r\na: \tb\r\n\r\n")), "lines that end in CRLF");
    for (size_t i = 0; i < COUNT(dirty); i++) {
        ok(!ur_head_is_clean(edge(dirty[i])), "line ends that are none, %zu", i);
    }
    for (unsigned byte = 0; byte <= 0xff; byte++) {
        char line[] = "a_b\r\n";
        line[1] = (char)byte;
        ok(ur_head_is_clean((struct ur_span){line, sizeof line - 1}) ==
               (byte == '\t' || (byte >= ' ' && byte != 0x7f)),
           "0x%02x within a line", byte);
    }
}

int main(void)
{
    struct ur_span name;
    struct ur_span value;

    for (size_t i = 0; i < COUNT(statuses); i++) {
        ok(ur_head_status(edge(statuses[i].line)) == statuses[i].status, "status of '%s'",
           statuses[i].line);
    }
    for (size_t i = 0; i < COUNT(fields); i++) {
        bool found = ur_head_field(edge(fields[i].line), &name, &value);
        ok(found == (fields[i].name != NULL) &&
               (!found || (ur_span_is(name, ur_span_of(fields[i].name)) &&
                           ur_span_is(value, ur_span_of(fields[i].value)))),
           "field of '%s'", fields[i].line);
    }
    ok(!ur_head_field((struct ur_span){"a\0: b", 5}, &name, &value), "a NUL in a name");
    test_lines();
    test_clean();
    return tap_done();
}
