/* Proves: the head of a 1xx ends with its first empty line, or not at all; what is judged is
 *   in bounds and begins and ends with it. It has no fault only if it is clean, and each line
 *   before the empty one is a header.
 * Assumes: heads are taken apart (head.c).
 * Bound: 32 bytes; three lines
 * Unwind: 5
 * Instead: ur_head_line few_lines
 * Instead: ur_head_field noted_field
 * Instead: ur_head_is_clean noted_clean
 * Mutant: core/protocol/ur_switch_101.c: if (!line.len) { => if (line.len) {
 * Mutant: core/protocol/ur_switch_101.c: (size_t)(rest.at - start)}; => (size_t)(rest.at -
 *   start) + 1};
 * Mutant: core/protocol/ur_switch_101.c: if (!ur_head_is_clean(head)) { => if (!head.len) {
 * Mutant: core/protocol/ur_switch_101.c: while (ur_head_line(&fields, &line) && line.len) {
 *   => while (ur_head_line(&fields, &line) && !line.len) {
 */
#include "core/protocol/ur_switch_101.c"
#include "contracts.h"

static unsigned lines;
static unsigned empty; /* lines */
static unsigned fields;
static bool clean;

bool few_lines(struct ur_span *rest, struct ur_span *line)
{
    if (lines == 3 || !any_line(rest, line)) {
        return false;
    }
    lines++;
    empty += !line->len;
    return true;
}

bool noted_field(struct ur_span line, struct ur_span *name, struct ur_span *value)
{
    bool is_field = any_field(line, name, value);

    PROVE(!empty);
    fields += is_field;
    return is_field;
}

bool noted_clean(struct ur_span head)
{
    PROVE(READABLE(head));
    clean = any_bool();
    return clean;
}

int main(void)
{
    struct ur_span head = any_bytes(32);
    struct ur_span part = until_end(head);
    const char *fault;

    PROVE((part.at != NULL) == (empty == 1));
    if (part.at) {
        PROVE(part.at == head.at && part.len && part.len <= head.len);
        POSSIBLE(lines == 3 && part.len == 32);
    }
    lines = empty = 0;
    fault = judge_lines(head, head);
    PROVE(fault || (clean && fields == lines - empty));
    POSSIBLE(!fault && fields == 2 && empty);
}
