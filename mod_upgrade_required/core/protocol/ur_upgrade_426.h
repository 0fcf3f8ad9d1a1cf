#ifndef UR_UPGRADE_426_H
#define UR_UPGRADE_426_H

#include "core/text/ur_buf.h"

/* What a backend's 426 offers (RFC 9110, 15.5.22). mod_proxy takes Upgrade for a field of its
 * own connection and drops it, and with it the reason for the answer. */
enum ur_upgrade_426 {
    UR_UPGRADE_426_MORE,    /* the head is not complete yet, and may be a 426's */
    UR_UPGRADE_426_INTERIM, /* a 1xx: another head follows */
    UR_UPGRADE_426_NONE, /* no 426, or one whose Upgrade is absent or no list of protocols, or
                          * one with a line that is no field */
    UR_UPGRADE_426_FOUND
};

/* Reads what has come of a head so far, from its first byte, and writes the members of its
 * Upgrade fields into *list where there is an offer; one that does not fit is none. */
enum ur_upgrade_426 ur_upgrade_426_read(struct ur_span head, struct ur_buf *list);

#endif
