#ifndef UR_WIRE_H
#define UR_WIRE_H

#include "tunnel/ur_end.h"

/* The lowest filters of an end whose bytes go through filters (TLS), in place of httpd's own,
 * which wait for slow clients, hold small pieces back, and take 8 KB for each read. */

void ur_wire_register(void);

/* From here on until its tunnel is over, filters read from the end's socket and write to it by
 * ur_end_receive() and ur_end_send(). */
void ur_wire_insert(struct ur_end *end, conn_rec *c);

#endif
