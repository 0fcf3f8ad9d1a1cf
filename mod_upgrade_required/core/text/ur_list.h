#ifndef UR_LIST_H
#define UR_LIST_H

#include "core/text/ur_span.h"

/* Comma-separated lists (RFC 9110, 5.6.1): Connection, Upgrade, Accept. Linear in the length,
 * whatever the content. */

/* Cuts the next member off *rest and stores it, trimmed, in *member. Empty members are skipped,
 * as a recipient must. A comma inside a quoted string does not separate; an unterminated quoted
 * string extends to the end of the list. False at the end of the list; then *member is
 * unchanged. */
bool ur_list_next(struct ur_span *rest, struct ur_span *member);

/* Whether one member is exactly this word, in any case. "websocket/13" and
 * "websocket;x=1" are not "websocket". */
bool ur_list_has(struct ur_span list, struct ur_span word);

/* The same, but case counts. */
bool ur_list_has_exactly(struct ur_span list, struct ur_span word);

/* How many members there are, empty ones not counted. */
size_t ur_list_count(struct ur_span list);

#endif
