#ifndef UR_DRAIN_H
#define UR_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When the tunnels of a child that is leaving must end, and which one next. A child that waits
 * for its tunnels keeps one of the ServerLimit slots, and when all slots are taken in this way
 * the server has no child left to serve requests. So the oldest children leave before that.
 * Times are microseconds of any one clock, and never 0. */

/* The time in which the tunnels of a child end if it must make room for others; and if no child
 * is serving. */
#define UR_DRAIN_EARLY INT64_C(10000000)
#define UR_DRAIN_HURRY INT64_C(2000000)

/* The time that a child may take to exit after its last tunnel. */
#define UR_DRAIN_EXIT INT64_C(5000000)

/* About the time from the lack of a slot to a free slot. */
#define UR_DRAIN_ALL (UR_DRAIN_EARLY + UR_DRAIN_EXIT)

/* Why. One row each in ur_drain.c. */
enum ur_drain {
    UR_DRAIN_NOT,
    UR_DRAIN_SAID,   /* UpgradeTunnelDrain says so */
    UR_DRAIN_PLACES, /* too few slots are free for new children */
    UR_DRAIN_ASKED,  /* an administrator requested it */
    UR_DRAIN_NOBODY, /* no slot is free, and no child is serving */
    UR_DRAINS
};

/* A child that is leaving. Of two generations the older one goes first, whenever its children
 * have heard that they are to leave. */
struct ur_sibling {
    int64_t leaving; /* since when; decides within a generation */
    int64_t generation;
    int64_t until; /* its tunnels must have ended by then; 0: it only waits */
    uint64_t open; /* event tunnels */
};

/* Whether its slot becomes free before that of self, if self ends its own tunnels within span.
 */
bool ur_drain_goes_first(const struct ur_sibling *sibling, const struct ur_sibling *self,
                         int64_t now, int64_t span);

/* Whether it is to begin before self does, and has not. */
bool ur_drain_is_awaited(const struct ur_sibling *sibling, const struct ur_sibling *self,
                         int64_t now, int64_t span);

/* A child that is leaving, and what it knows of the others. */
struct ur_leaver {
    int64_t said;     /* UpgradeTunnelDrain; 0: not */
    bool asked;       /* an administrator requested its tunnels to end */
    bool replaced;    /* a later generation is running */
    uint64_t serving; /* children of the running generation that are not leaving */
    uint64_t free;    /* free slots for children */
    uint64_t needed;  /* how many a generation takes when it starts */
    uint64_t spent;   /* how many were taken within UR_DRAIN_ALL without a reload: by children
                       * of the running generation that began to leave, which
                       * MaxConnectionsPerChild makes them do; these are needed in addition */
    uint64_t going;   /* others that leave first, if it leaves early */
    uint64_t sooner;  /* and if it leaves in a hurry */
    uint64_t awaited; /* of those, older ones that have not begun, if it leaves early */
    uint64_t awaited_sooner; /* and if it leaves in a hurry */
};

/* The state of the plan; all zero at first. */
struct ur_plan {
    enum ur_drain why;
    int64_t since;
    int64_t until;           /* only ever becomes earlier */
    int64_t held[UR_DRAINS]; /* since when this reason applies; 0: it does not */
};

/* Call about once a second. True: the plan has changed, with another since. */
bool ur_drain_review(struct ur_plan *plan, const struct ur_leaver *leaver, int64_t now);

/* Of count tunnels that end evenly within span (more than 0), how many must have ended after
 * elapsed. phase, from 0 to less than 1, is how far the first is ahead: threads with a few
 * tunnels each then do not all end one at the same moment. */
uint64_t ur_drain_due(uint64_t count, int64_t elapsed, int64_t span, double phase);

/* A phase for each of many: the more there are, the closer together, at even distances. */
double ur_drain_phase(uint32_t number);

/* For how many generations of that many children there are slots: the running one and those
 * that wait for their tunnels, so that the next one finds its own. At least 1. */
uint64_t ur_drain_generations(uint64_t places, uint64_t needed);

/* The shortest UpgradeTunnelDrain, in seconds, with which a full child ends no more tunnels per
 * second than it has workers: a child can then serve the clients that reconnect, even if each
 * occupies a worker for a second. */
uint64_t ur_drain_gentle(uint64_t tunnels, uint64_t threads);

#endif
