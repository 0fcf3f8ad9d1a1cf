#include "tap.h"

#include "core/text/ur_json.h"

static char room[256];

static const char *written(void (*with)(struct ur_json *json))
{
    struct ur_buf buf = {room, sizeof room - 1, 0};
    struct ur_json json = {.out = &buf};

    with(&json);
    room[buf.len] = '\0';
    return room;
}

static void empty(struct ur_json *json)
{
    ur_json_object(json, NULL, UR_JSON_LINES);
    ur_json_end_object(json);
}

static void empty_array(struct ur_json *json)
{
    ur_json_object(json, NULL, UR_JSON_INLINE);
    ur_json_array(json, "a", UR_JSON_LINES);
    ur_json_end_array(json);
    ur_json_words(json, "b", NULL, 0);
    ur_json_end_object(json);
}

static void values(struct ur_json *json)
{
    ur_json_object(json, NULL, UR_JSON_INLINE);
    ur_json_string(json, "s", edge("a\"\n\\\x01"));
    ur_json_number(json, "n", UINT64_MAX);
    ur_json_bool(json, "t", true);
    ur_json_bool(json, "f", false);
    ur_json_null(json, "z");
    ur_json_word(json, "left out", NULL);
    ur_json_joined(json, "j", edge("one"), " ", edge("two"));
    ur_json_joined(json, "k", edge("one"), " ", edge(""));
    ur_json_end_object(json);
}

/* What comes behind a container goes on as its own container began. */
static void nested(struct ur_json *json)
{
    static const char *const words[] = {"x", "y"};

    ur_json_object(json, NULL, UR_JSON_LINES);
    ur_json_words(json, "a", words, 2);
    ur_json_array(json, "b", UR_JSON_LINES);
    for (unsigned i = 0; i < 2; i++) {
        ur_json_object(json, NULL, UR_JSON_INLINE);
        ur_json_number(json, "i", i);
        ur_json_object(json, "o", UR_JSON_INLINE);
        ur_json_end_object(json);
        ur_json_bool(json, "p", false);
        ur_json_end_object(json);
    }
    ur_json_end_array(json);
    ur_json_null(json, "c");
    ur_json_end_object(json);
}

static const struct {
    const char *name;
    void (*with)(struct ur_json *json);
    const char *text;
} cases[] = {
    {"nothing", empty, "{}"},
    {"empty arrays", empty_array, "{\"a\":[],\"b\":[]}"},
    {"values", values,
     "{\"s\":\"a\\\"\\n\\\\\\u0001\",\"n\":18446744073709551615,\"t\":true,\"f\":false,"
     "\"z\":null,\"j\":\"one two\",\"k\":\"one\"}"},
    {"nested", nested,
     "{\"a\":[\"x\",\"y\"],\n \"b\":[\n  {\"i\":0,\"o\":{},\"p\":false},\n"
     "  {\"i\":1,\"o\":{},\"p\":false}],\n \"c\":null}"},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        is(written(cases[i].with), cases[i].text, cases[i].name);
    }
    return tap_done();
}
