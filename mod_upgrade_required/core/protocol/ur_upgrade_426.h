#ifndef UR_UPGRADE_426_H
#define UR_UPGRADE_426_H

#include "core/text/ur_buf.h"

/* What a backend's 426 offers (RFC 9110, 15.5.22). mod_proxy treats Upgrade as a header of its
 * own connection and drops it, and with it the reason for the response. */
enum ur_upgrade_426 {
    UR_UPGRADE_426_MORE,    /* the head is not complete yet, and may be a 426's */
    UR_UPGRADE_426_INTERIM, /* a 1xx: another head follows */
    UR_UPGRADE_426_NONE,    /* not a 426, or one whose Upgrade is absent or not a list of
                             * protocols, or one with a line that is not a header */
    UR_UPGRADE_426_FOUND
};

/* Reads the part of a head that has arrived, from its first byte, and writes the members of its
 * Upgrade headers to *list if there is an offer; one that does not fit does not count. */
enum ur_upgrade_426 ur_upgrade_426_read(struct ur_span head, struct ur_buf *list);

#endif
