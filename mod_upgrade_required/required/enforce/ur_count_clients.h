#ifndef UR_COUNT_CLIENTS_H
#define UR_COUNT_CLIENTS_H

#include "required/config/ur_policy_name.h"

#include <httpd.h>

/* UpgradeCountClients: counts the client of a request that does not meet the policy. Of its
 * address only a salted hash and its /24 or /56 network are used, of its headers the first word
 * of User-Agent. */
void ur_count_clients(const request_rec *r, const struct ur_policy_name *label);

/* The salt of a policy: from its name and nothing else, so that servers that have the same
 * policy hash in the same way, and their sketches can be merged. It is not a secret. */
void ur_count_clients_salt(const char *policy, unsigned char salt[UR_SALT_SIZE]);

#endif
