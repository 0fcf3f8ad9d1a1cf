#ifndef UR_JSON_H
#define UR_JSON_H

#include "core/text/ur_buf.h"

/* JSON text (RFC 8259) being written: the only place that knows where commas, quotes and line
 * ends go. Initially zero except for out; name is that of the member, NULL for an element of an
 * array and for the whole. Closing brackets is the caller's responsibility. */
struct ur_json {
    struct ur_buf *out;
    unsigned depth;  /* containers that are open, at most 31 */
    unsigned lined;  /* bit n: the members of the n-th container have a line each */
    unsigned filled; /* bit n: the n-th container is not empty */
};

enum ur_json_layout { UR_JSON_INLINE, UR_JSON_LINES };

void ur_json_object(struct ur_json *json, const char *name, enum ur_json_layout layout);
void ur_json_end_object(struct ur_json *json);
void ur_json_array(struct ur_json *json, const char *name, enum ur_json_layout layout);
void ur_json_end_array(struct ur_json *json);

void ur_json_string(struct ur_json *json, const char *name, struct ur_span text);
/* One string of two texts, with a separator between them if neither is empty. */
void ur_json_joined(struct ur_json *json, const char *name, struct ur_span one,
                    const char *between, struct ur_span other);
void ur_json_number(struct ur_json *json, const char *name, uint64_t number);
void ur_json_bool(struct ur_json *json, const char *name, bool value);
void ur_json_null(struct ur_json *json, const char *name);

/* A NUL-terminated string; nothing if it is NULL. */
void ur_json_word(struct ur_json *json, const char *name, const char *word);

/* An array of such strings, in one line. */
void ur_json_words(struct ur_json *json, const char *name, const char *const words[],
                   size_t count);

#endif
