#ifndef UR_PRODUCT_H
#define UR_PRODUCT_H

#include "core/text/ur_span.h"

/* The most that is kept of a product's name. */
#define UR_PRODUCT_MAX 24

/* What a client calls itself: the first product of a User-Agent header, without its version
 * (RFC 9110, 10.1.5), cut to UR_PRODUCT_MAX bytes. Only characters of a token; "-" if the value
 * is absent or begins with something else. Within user_agent, or static. */
struct ur_span ur_product_word(struct ur_span user_agent);

#endif
