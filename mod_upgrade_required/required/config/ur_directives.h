#ifndef UR_DIRECTIVES_H
#define UR_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

/* Every directive of the policy module, in the order of the manual. */
extern const command_rec ur_directives[];

#endif
