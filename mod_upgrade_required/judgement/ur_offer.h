#ifndef UR_OFFER_H
#define UR_OFFER_H

#include "values/ur_buf.h"

/* What a backend's 426 offers (RFC 9110, 15.5.22). mod_proxy takes Upgrade for a field of its
 * own connection and drops it, and with it the reason for the answer. */
enum ur_offer {
    UR_OFFER_MORE,    /* the head is not complete yet, and may be a 426's */
    UR_OFFER_INTERIM, /* a 1xx: another head follows */
    UR_OFFER_NONE,    /* no 426, or one whose Upgrade is absent or no list of protocols, or one
                       * with a line that is no field */
    UR_OFFER_FOUND
};

/* Reads what has come of a head so far, from its first byte, and writes the members of its
 * Upgrade fields into *list where there is an offer; one that does not fit is none. */
enum ur_offer ur_offer_read(struct ur_span head, struct ur_buf *list);

#endif
