#ifndef UR_TARGET_H
#define UR_TARGET_H

#include <stdbool.h>

#include <httpd.h>

/* What a request is for: its path as httpd will map it, and its URL under https. */

/* Whether this is a GET or HEAD whose target is, byte for byte and without a query, that of an
 * ACME http-01 challenge (RFC 8555, 8.3): a certificate authority asks in clear and in
 * HTTP/1.1, whatever the floor. */
bool ur_target_is_acme_challenge(const request_rec *r);

/* Whether the target is one in which everybody finds the same segments as httpd
 * (ur_path_plain()), and so are those of the requests that led to this one. Where it is not,
 * nothing may be concluded from the path. */
bool ur_target_is_plain(const request_rec *r);

/* The path that an exception sees, in r->pool: in fixups as it was mapped; before that, what
 * httpd will map, normalised and decoded. For a forward proxy the path of the URL, decoded; ""
 * for CONNECT. NULL where httpd will refuse the path. */
char *ur_target_mapped_path(request_rec *r, bool is_mapped);

/* Whether the host that the client asked for is the ServerName or a ServerAlias of this virtual
 * host, whatever its port. An address is one only where it stands there. */
bool ur_target_is_own_name(const request_rec *r);

/* The https URL of what the client asked for, in r->pool. Its host is the request's if
 * that is the server's own name, else ServerName. NULL where there
 * is no such URL, as for a forward proxy. */
const char *ur_target_https_url(request_rec *r);

#endif
