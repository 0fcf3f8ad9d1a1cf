#ifndef UR_GROUP_H
#define UR_GROUP_H

#include "core/text/ur_span.h"

#include <stdint.h>

/* The groups of TLS key exchanges, by their numbers in IANA's registry "TLS Supported Groups"
 * (RFC 8446, 4.2.7; RFC 8422, 5.1.1). 0, which is reserved there, stands for an unknown one. */

enum { UR_GROUP_UNKNOWN = 0 };

/* The group of a name, whatever its case: IANA's, which OpenSSL has too, one of the aliases
 * that TLS libraries use ("P-256", "prime256v1"), or the number as a proxy writes it whose
 * library has no name ("0x11ec"). UR_GROUP_UNKNOWN for any other. */
uint16_t ur_group_from_name(struct ur_span name);

/* The name of a group as IANA spells it; NULL for an unknown one. A static string. */
const char *ur_group_name(uint16_t id);

/* Whether it is an ML-KEM group, hybrid or pure. The drafts before it (Kyber) are not: FIPS 203
 * changed the algorithm, and what they agree on meets no rule that asks for ML-KEM. An unknown
 * group is not. */
bool ur_group_post_quantum(uint16_t id);

#endif
