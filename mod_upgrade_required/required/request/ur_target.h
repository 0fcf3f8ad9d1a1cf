#ifndef UR_TARGET_H
#define UR_TARGET_H

#include <stdbool.h>

#include <httpd.h>

/* What a request is for: its path as httpd will map it, and its URL under https. */

/* Whether this is a GET or HEAD whose target is, byte for byte and without a query, that of an
 * ACME http-01 challenge (RFC 8555, 8.3): a certificate authority uses HTTP/1.1 without TLS,
 * whatever the floor. */
bool ur_target_is_acme_challenge(const request_rec *r);

/* Whether every backend finds the same segments in the target as httpd (ur_path_plain()), and
 * in those of the requests that led to this one. Otherwise nothing may be concluded from the
 * path. */
bool ur_target_is_plain(const request_rec *r);

/* The path that an exception sees, in r->pool: in fixups as it was mapped; before that, what
 * httpd will map, normalized and decoded. For a forward proxy the path of the URL, decoded; ""
 * for CONNECT. NULL if httpd will refuse the path. */
char *ur_target_mapped_path(request_rec *r, bool is_mapped);

/* Whether the host that the client asked for is the ServerName or a ServerAlias of this virtual
 * host, whatever its port. An address counts only if it is listed there. */
bool ur_target_is_own_name(const request_rec *r);

/* The https URL of the requested resource, in r->pool. Its host is the request's if that is the
 * server's own name, else ServerName. NULL if there is no such URL, as for a forward proxy. */
const char *ur_target_https_url(request_rec *r);

#endif
