/* Proves: every head of a backend's response gets one answer, whatever has come of it. A
 *   final response is left alone. A head whose end has not come is waited for, until it is
 *   too long. It switches only if its status is 101, and neither its lines nor its headers
 *   have a fault; a 1xx that is none has been looked at line by line; only what is refused
 *   has words.
 * Assumes: heads are taken apart (head.c, head_status.c), lines are judged (switch_lines.c),
 *   and headers (switch_headers.c).
 * Bound: none
 * Unwind: 1
 * Instead: ur_head_status_line any_first
 * Instead: ur_head_status noted_status
 * Instead: until_end noted_end
 * Instead: judge_lines noted_lines
 * Instead: judge_101 noted_headers
 * Mutant: core/protocol/ur_switch_101.c: if (status < 100) { => if (status < 99) {
 * Mutant: core/protocol/ur_switch_101.c: if (status >= 200) { => if (status > 200) {
 * Mutant: core/protocol/ur_switch_101.c: if (!wrong && status != 101) { => if (status != 101)
 *   {
 * Mutant: core/protocol/ur_switch_101.c: wrong = wrong ? wrong : judge_101 => wrong =
 *   judge_101
 * Mutant: core/protocol/ur_switch_101.c: (size_t)(fields.at - head.at) + fields.len}, =>
 *   fields.len},
 */
#include "core/protocol/ur_switch_101.c"
#include "contracts.h"

static const char told[] = "refused";
static struct ur_span head;
static struct ur_span fields; /* without the first line */
static int status = -1;
static unsigned judged;
static unsigned faults;

bool any_first(struct ur_span *rest, struct ur_span *line)
{
    return any_line(rest, line);
}

int noted_status(struct ur_span line)
{
    status = any_status(line);
    return status;
}

struct ur_span noted_end(struct ur_span rest)
{
    PROVE(READABLE(rest) && rest.at + rest.len == head.at + head.len);
    if (rest.len && any_bool()) {
        fields = (struct ur_span){rest.at, 1 + any_up_to(rest.len - 1)};
    }
    return fields;
}

static const char *judge(void)
{
    PROVE(!faults);
    judged++;
    faults += any_bool();
    return faults ? told : NULL;
}

const char *noted_lines(struct ur_span all, struct ur_span some)
{
    PROVE(some.at == fields.at && some.len == fields.len);
    PROVE(all.at == head.at && all.at + all.len == fields.at + fields.len);
    return judge();
}

const char *noted_headers(struct ur_span first, struct ur_span rest, struct ur_span accept)
{
    PROVE(READABLE(first) && first.len >= 12 && accept.len == 28);
    PROVE(judged == 1 && rest.at == fields.at && rest.len == fields.len);
    return judge();
}

int main(void)
{
    const char *fault = NULL;
    enum ur_switch_101 is;
    bool full;

    head = any_bytes(any_up_to(2 * UR_SWITCH_101_MAX));
    full = head.len >= UR_SWITCH_101_MAX;
    is = ur_switch_101_judge(head, any_bytes(28), &fault);
    PROVE((is == UR_SWITCH_101_BAD) == (fault != NULL));
    PROVE((is == UR_SWITCH_101_OTHER) == (status >= 200));
    PROVE((is == UR_SWITCH_101_MORE) ==
          (!full && (status < 0 || (status >= 100 && status < 200 && !fields.at))));
    PROVE((is == UR_SWITCH_101_GOOD) == (status == 101 && judged == 2 && !faults));
    PROVE((is == UR_SWITCH_101_INTERIM) ==
          (status >= 100 && status < 200 && status != 101 && judged && !faults));
    POSSIBLE(is == UR_SWITCH_101_GOOD && head.len > UR_SWITCH_101_MAX);
    POSSIBLE(is == UR_SWITCH_101_INTERIM);
    POSSIBLE(is == UR_SWITCH_101_MORE && status == 101);
    POSSIBLE(is == UR_SWITCH_101_BAD && full && !judged);
}
