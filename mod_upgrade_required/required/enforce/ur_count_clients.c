#include "required/enforce/ur_count_clients.h"

#include "core/protocol/ur_product.h"
#include "required/pages/ur_monitor.h"
#include "required/request/ur_request.h"

#include <apr_siphash.h>

_Static_assert(UR_SALT_SIZE == APR_SIPHASH_KSIZE, "a salt is a key of SipHash");

/* The same on all machines. */
static void put_number(unsigned char at[8], apr_uint64_t number)
{
    for (int i = 0; i < 8; i++) {
        at[i] = (unsigned char)(number >> (56 - 8 * i));
    }
}

void ur_count_clients_salt(const char *policy, unsigned char salt[UR_SALT_SIZE])
{
    static const unsigned char first[] = "count clients: 1";
    static const unsigned char second[] = "count clients: 2";

    put_number(salt, apr_siphash24(policy, strlen(policy), first));
    put_number(salt + 8, apr_siphash24(policy, strlen(policy), second));
}

void ur_count_clients(const request_rec *r, const struct ur_policy_name *label)
{
    uint64_t network = ur_request_network(r);
    unsigned char bytes[8];

    put_number(bytes, network);
    ur_monitor_client(label, apr_siphash24(bytes, sizeof bytes, label->salt), network,
                      ur_product_word(ur_request_user_agent(r)));
}
