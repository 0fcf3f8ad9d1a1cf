#ifndef UR_GROUP_H
#define UR_GROUP_H

#include "core/text/ur_buf.h"

/* The groups of TLS key exchanges, by their numbers in IANA's registry "TLS Supported Groups"
 * (RFC 8446, 4.2.7; RFC 8422, 5.1.1). 0, which is reserved there, stands for an unknown one. */

enum { UR_GROUP_UNKNOWN = 0 };

/* The group of a name, whatever its case: IANA's, which OpenSSL has too, one of the aliases
 * that TLS libraries use ("P-256", "prime256v1"), or the number as a proxy writes it whose
 * library has no name ("0x11ec"). UR_GROUP_UNKNOWN for any other. */
uint16_t ur_group_from_name(struct ur_span name);

/* The name of a group as IANA spells it; NULL for an unknown one. A static string. */
const char *ur_group_name(uint16_t id);

/* The group's place in the table of groups, to keep it in UR_GROUP_BITS bits, and the group of
 * a place. An unknown group has place 0. */
enum { UR_GROUP_BITS = 6 };

unsigned ur_group_place(uint16_t id);
uint16_t ur_group_at(unsigned place);

/* Whether it is an ML-KEM group, hybrid or pure. The drafts before it (Kyber) are not: FIPS 203
 * changed the algorithm, and what they agree on meets no rule that asks for ML-KEM. An unknown
 * group is not. */
bool ur_group_post_quantum(uint16_t id);

/* Groups in the order in which they were offered. ids == NULL: there is no list, which is not
 * the same as an empty one. */
struct ur_groups {
    const uint16_t *ids;
    size_t count;
};

/* The longest name, in bytes. */
#define UR_GROUP_NAME_MAX (sizeof "SecP256r1Kyber768Draft00" - 1)

/* Writes the name of a group; the number of an unknown one ("0x1234"). */
void ur_group_write(struct ur_buf *out, uint16_t id);

/* Writes them, joined by ", "; "none" for an empty list. */
void ur_group_write_list(struct ur_buf *out, struct ur_groups groups);

#endif
