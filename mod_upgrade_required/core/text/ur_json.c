#include "core/text/ur_json.h"

#include "core/text/ur_escape.h"

/* What precedes an element: a comma, its line, its name. The first member of an object is on
 * the line of the bracket, the first element of an array in lines is not. */
static void begin(struct ur_json *json, const char *name)
{
    unsigned bit = 1U << json->depth;
    bool first = !(json->filled & bit);

    if (!json->depth) {
        return;
    }
    if (!first) {
        ur_buf_literal(json->out, ",");
    }
    if (json->lined & bit && (!first || !name)) {
        ur_buf_literal(json->out, "\n");
        for (unsigned i = 0; i < json->depth; i++) {
            ur_buf_literal(json->out, " ");
        }
    }
    json->filled |= bit;
    if (name) {
        ur_buf_literal(json->out, "\"");
        ur_buf_string(json->out, name);
        ur_buf_literal(json->out, "\":");
    }
}

static void open_container(struct ur_json *json, const char *name, const char *bracket,
                           enum ur_json_layout layout)
{
    unsigned bit;

    begin(json, name);
    ur_buf_string(json->out, bracket);
    bit = 1U << ++json->depth;
    json->filled &= ~bit;
    json->lined = layout == UR_JSON_LINES ? json->lined | bit : json->lined & ~bit;
}

void ur_json_object(struct ur_json *json, const char *name, enum ur_json_layout layout)
{
    open_container(json, name, "{", layout);
}

void ur_json_array(struct ur_json *json, const char *name, enum ur_json_layout layout)
{
    open_container(json, name, "[", layout);
}

void ur_json_end_object(struct ur_json *json)
{
    json->depth--;
    ur_buf_literal(json->out, "}");
}

void ur_json_end_array(struct ur_json *json)
{
    json->depth--;
    ur_buf_literal(json->out, "]");
}

void ur_json_string(struct ur_json *json, const char *name, struct ur_span text)
{
    begin(json, name);
    ur_buf_literal(json->out, "\"");
    ur_escape_json(json->out, text);
    ur_buf_literal(json->out, "\"");
}

void ur_json_joined(struct ur_json *json, const char *name, struct ur_span one,
                    const char *between, struct ur_span other)
{
    begin(json, name);
    ur_buf_literal(json->out, "\"");
    ur_escape_json(json->out, one);
    ur_buf_string(json->out, one.len && other.len ? between : "");
    ur_escape_json(json->out, other);
    ur_buf_literal(json->out, "\"");
}

void ur_json_number(struct ur_json *json, const char *name, uint64_t number)
{
    begin(json, name);
    ur_buf_number(json->out, number);
}

void ur_json_bool(struct ur_json *json, const char *name, bool value)
{
    begin(json, name);
    ur_buf_string(json->out, value ? "true" : "false");
}

void ur_json_null(struct ur_json *json, const char *name)
{
    begin(json, name);
    ur_buf_literal(json->out, "null");
}

void ur_json_word(struct ur_json *json, const char *name, const char *word)
{
    if (word) {
        ur_json_string(json, name, ur_span_of(word));
    }
}

void ur_json_words(struct ur_json *json, const char *name, const char *const words[],
                   size_t count)
{
    ur_json_array(json, name, UR_JSON_INLINE);
    for (size_t i = 0; i < count; i++) {
        ur_json_word(json, NULL, words[i]);
    }
    ur_json_end_array(json);
}
