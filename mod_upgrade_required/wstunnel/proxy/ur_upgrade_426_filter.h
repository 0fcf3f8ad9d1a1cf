#ifndef UR_UPGRADE_426_FILTER_H
#define UR_UPGRADE_426_FILTER_H

#include <httpd.h>

/* Restores the Upgrade of a backend's 426, which mod_proxy drops as a header of its own
 * connection. */

void ur_upgrade_426_filter_register(void);

/* insert_filter: for requests on routes that keep handshakes, and what httpd makes of them. */
void ur_upgrade_426_filter_add(request_rec *r);

/* The backend has answered 426 and offers these protocols, a list that lives as long as r;
 * NULL: it has not answered. */
void ur_upgrade_426_filter_set(request_rec *r, const char *offer);

#endif
