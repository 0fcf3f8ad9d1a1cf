#ifndef UR_ANNOUNCE_H
#define UR_ANNOUNCE_H

#include <httpd.h>

/* The headers that announce to the client of an allowed request that it would be refused.
 * Besides ur_respond.c the only writer of response headers. */

/* The strings must live as long as the request; NULL: not sent. */
struct ur_announcement {
    const char *deprecation; /* Deprecation (RFC 9745) */
    const char *sunset;      /* Sunset (RFC 8594) */
    const char *guide;       /* URL, for Link; rel="deprecation" */
};

/* The filter; call once, when hooks are registered. */
void ur_announce_register(void);

/* insert_filter, insert_error_filter: the filter, if something is announced. */
void ur_announce_insert(request_rec *r);

/* Adds them to the response, whatever it is, even an error. Deprecation and Sunset values that
 * the application sets are kept; Link is appended. */
void ur_announce(request_rec *r, const struct ur_announcement *announcement);

#endif
