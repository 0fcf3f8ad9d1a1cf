#include "fuzz.h"

#include "judgement/ur_switching.h"

/* The first line is the value expected, the rest the backend's head. What is good contains
 * that value; and a head that has been judged is judged the same with more behind it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span head = {(const char *)data, size};
    struct ur_span accept = fuzz_line(&head);
    enum ur_switching verdict = ur_switching_judge(head, accept);

    if (verdict == UR_SWITCHING_GOOD) {
        must(head.len > accept.len + 12);
    }
    for (size_t len = 0; len < head.len && len < 512; len++) {
        enum ur_switching earlier = ur_switching_judge((struct ur_span){head.at, len}, accept);
        must(earlier == UR_SWITCHING_MORE || earlier == verdict);
    }
    return 0;
}
