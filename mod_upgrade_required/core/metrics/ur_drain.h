#ifndef UR_DRAIN_H
#define UR_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When the tunnels of a child that is leaving have to leave it, and which of them next. A child
 * that waits for its tunnels keeps its place among ServerLimit's, and when all places are kept
 * in this way the server has no child left to serve with. So the oldest go before that. Times
 * are microseconds of any one clock, and never 0. */

/* So long the tunnels of a child take that has to go for the sake of the server; and where the
 * server has nobody else to serve with. */
#define UR_DRAIN_EARLY INT64_C(10000000)
#define UR_DRAIN_HURRY INT64_C(2000000)

/* So long a child may take to be gone after its last tunnel. */
#define UR_DRAIN_EXIT INT64_C(5000000)

/* About so long it takes from the lack of a place to the place. */
#define UR_DRAIN_ALL (UR_DRAIN_EARLY + UR_DRAIN_EXIT)

/* Why. One row each in ur_drain.c. */
enum ur_drain {
    UR_DRAIN_NOT,
    UR_DRAIN_SAID,   /* UpgradeTunnelDrain says so */
    UR_DRAIN_PLACES, /* too few places are left for new children */
    UR_DRAIN_ASKED,  /* an administrator wants it */
    UR_DRAIN_NOBODY, /* no place is left, and nobody serves */
    UR_DRAINS
};

/* A child that is leaving. */
struct ur_sibling {
    int64_t leaving;    /* since when */
    int64_t generation; /* decides among those that leave since the same moment */
    int64_t until;      /* its tunnels are to be gone by then; 0: it only waits */
    uint64_t open;      /* event tunnels */
};

/* Whether its place becomes free before that of self, if self ends its own tunnels within span.
 */
bool ur_drain_goes_first(const struct ur_sibling *sibling, const struct ur_sibling *self,
                         int64_t now, int64_t span);

/* A child that is leaving, and what it knows of the others. */
struct ur_leaver {
    int64_t said;     /* UpgradeTunnelDrain; 0: not */
    bool asked;       /* an administrator wants its tunnels to end */
    bool replaced;    /* a later generation runs */
    uint64_t serving; /* children of the generation that runs, and are not leaving */
    uint64_t free;    /* places for children that nobody has */
    uint64_t needed;  /* as many as a generation takes at its start */
    uint64_t spent;   /* as many as have been taken within UR_DRAIN_ALL without a reload: by
                       * children of the running generation that began to leave, which
                       * MaxConnectionsPerChild makes them do; so many are needed besides */
    uint64_t going;   /* others that go first, if it goes early */
    uint64_t sooner;  /* and if it goes in a hurry */
};

/* How it goes on; all zero at first. */
struct ur_plan {
    enum ur_drain why;
    int64_t since;
    int64_t until;           /* only ever sooner than before */
    int64_t held[UR_DRAINS]; /* since when there is this reason; 0: there is not */
};

/* To be asked about once a second. True: the plan is another one, with another since. */
bool ur_drain_review(struct ur_plan *plan, const struct ur_leaver *leaver, int64_t now);

/* Of count tunnels that leave within span (more than 0), evenly: how many have to have left
 * when elapsed of it has gone by. phase, from 0 to less than 1, is how far the first is ahead:
 * so those who have a few each do not all end one in the same moment. */
uint64_t ur_drain_due(uint64_t count, int64_t elapsed, int64_t span, double phase);

/* A phase for each of many: the more there are, the closer they lie, at even distances. */
double ur_drain_phase(uint32_t number);

/* For how many generations of so many children there are places, the one that runs and those
 * whose tunnels are waited for, so that the next one finds its own. At least 1. */
uint64_t ur_drain_generations(uint64_t places, uint64_t needed);

/* The shortest UpgradeTunnelDrain, in seconds, with which a full child ends no more tunnels a
 * second than it has workers: with so many a child can serve those that come back, even if each
 * keeps a worker for a second. */
uint64_t ur_drain_gentle(uint64_t tunnels, uint64_t threads);

#endif
