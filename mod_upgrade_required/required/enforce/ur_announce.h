#ifndef UR_ANNOUNCE_H
#define UR_ANNOUNCE_H

#include <httpd.h>

/* The fields that tell the client of a request that is let pass that it would be refused.
 * Beside ur_respond.c the only writer of response fields. */

/* The strings must live as long as the request; NULL: not told. */
struct ur_announcement {
    const char *deprecation; /* Deprecation (RFC 9745) */
    const char *sunset;      /* Sunset (RFC 8594) */
    const char *guide;       /* URL, for Link; rel="deprecation" */
};

/* The filter; to be called once, when hooks are registered. */
void ur_announce_register(void);

/* insert_filter, insert_error_filter: the filter, where something is announced. */
void ur_announce_insert(request_rec *r);

/* Puts them on whatever the answer will be, also an error. What the application sets itself
 * in Deprecation and Sunset wins; Link is added to. */
void ur_announce(request_rec *r, const struct ur_announcement *announcement);

#endif
