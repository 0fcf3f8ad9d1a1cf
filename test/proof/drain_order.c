/* Proves: of two children that only wait, each with tunnels, at most one goes first; and
 *   none is both waited for and on its way. A child that should have exited already is
 *   waited for by none that would need its place.
 * Assumes: times and spans fit into 60 bits.
 * Bound: none
 * Unwind: 1
 * Mutant: core/metrics/ur_drain.c: sibling->leaving < self->leaving => sibling->leaving <=
 *   self->leaving
 * Mutant: core/metrics/ur_drain.c: sibling->until + UR_DRAIN_EXIT < now => sibling->until +
 *   UR_DRAIN_EXIT > now
 */
#include "proof.h"

#include "core/metrics/ur_drain.h"

#define MOST (INT64_MAX >> 4)

static struct ur_sibling any_sibling(void)
{
    return (struct ur_sibling){(int64_t)any_up_to(MOST), (int64_t)any_up_to(MOST),
                               (int64_t)any_up_to(MOST), any()};
}

int main(void)
{
    const struct ur_sibling one = any_sibling();
    const struct ur_sibling other = any_sibling();
    int64_t now = (int64_t)any_up_to(MOST);
    int64_t span = (int64_t)any_up_to(MOST);
    bool first = ur_drain_goes_first(&one, &other, now, span);

    if (!one.until && !other.until) {
        PROVE(!first || !ur_drain_goes_first(&other, &one, now, span));
        PROVE(first == ur_drain_is_awaited(&one, &other, now, span));
        POSSIBLE(first);
    }
    PROVE(!(one.until && one.until < now - UR_DRAIN_EXIT) || !first);
    PROVE(!(ur_drain_is_awaited(&one, &other, now, span) && one.until &&
            one.until <= now + span));
}
