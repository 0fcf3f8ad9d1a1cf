#include "core/protocol/ur_product.h"

#include "core/text/ur_ascii.h"

struct ur_span ur_product_word(struct ur_span user_agent)
{
    size_t len = 0;

    while (len < user_agent.len && len < UR_PRODUCT_MAX &&
           ur_is_token_char(user_agent.at[len])) {
        len++;
    }
    return len ? (struct ur_span){user_agent.at, len} : UR_SPAN("-");
}
