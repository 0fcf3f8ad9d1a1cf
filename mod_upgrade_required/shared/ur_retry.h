#ifndef UR_RETRY_H
#define UR_RETRY_H

/* Seconds for Retry-After, after which a refused client may try again: at random, so that those
 * who are refused together do not come back in the same second. */
unsigned ur_retry_after(void);

#endif
