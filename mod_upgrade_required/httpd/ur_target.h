#ifndef UR_TARGET_H
#define UR_TARGET_H

#include <stdbool.h>

#include <httpd.h>

/* What a request is for: its path as httpd will map it, and its URL under https. */

/* Whether the raw path is one that an ACME http-01 challenge has (RFC 8555, 8.3): a
 * certificate authority asks in clear and in HTTP/1.1, whatever the floor. */
bool ur_target_is_acme_challenge(const request_rec *r);

/* What httpd will map, before it does: the path, normalised and decoded; the whole URL for a
 * forward proxy. In r->pool. NULL where httpd will refuse the path, or where it depends on
 * the section what the path means: nothing may be concluded from it. */
char *ur_target_mapped_path(request_rec *r);

/* Whether the host that the client asked for is the ServerName or a ServerAlias of this virtual
 * host, whatever its port. An address is one only where it stands there. */
bool ur_target_is_own_name(const request_rec *r);

/* The https URL of what the client asked for, in r->pool. Its host is the request's if
 * that is the server's own name, else ServerName. NULL where there
 * is no such URL, as for a forward proxy. */
const char *ur_target_https_url(request_rec *r);

#endif
