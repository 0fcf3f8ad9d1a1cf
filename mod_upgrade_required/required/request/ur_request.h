#ifndef UR_REQUEST_H
#define UR_REQUEST_H

#include "core/policy/ur_trusted_proxy.h"
#include "core/policy/ur_handshake.h"
#include "core/response/ur_accept.h"

#include <httpd.h>

/* The only reader of connections and request fields. */

struct ur_dir_config;

/* What the client speaks: as a trusted proxy states it (UpgradeTrustedProxy), else as this
 * server sees it. TLS is what its provider (mod_ssl or another) says of the TCP connection,
 * also for a request on an HTTP/2 stream; UR_TLS_NONE where no TLS module is loaded. Found
 * out once for a request. */
struct ur_seen ur_request_seen(request_rec *r);

/* The same, and what of a trusted proxy's statement was not understood. */
struct ur_forwarded ur_request_forwarded(request_rec *r);

/* A mark on a request that is announced; it holds for what httpd makes of the request too. */
void ur_request_mark_announced(request_rec *r);
bool ur_request_is_announced(const request_rec *r);

/* Whether SetHandler names this handler, which begins with "upgrade-". A look at one letter
 * is all that other requests pay. */
static inline bool ur_request_is_for(const request_rec *r, const char *handler)
{
    return r->handler && r->handler[0] == 'u' && strcmp(r->handler, handler) == 0;
}

/* What this server itself sees, whoever the peer is. */
struct ur_seen ur_request_own(request_rec *r);

/* What the TLS provider says of the TCP connection, by mod_ssl's name for it; absent where it
 * says nothing. In r->pool. */
struct ur_span ur_request_tls_fact(request_rec *r, const char *name);

/* For the probe, arrays of struct ur_probe_field (ur_probe.h) in r->pool: the fields of
 * forwarding and of WebSockets that arrived, and no others; and the fields in which a trusted
 * proxy states its client's protocol, NULL where the peer is none. */
apr_array_header_t *ur_request_probe_fields(request_rec *r);
apr_array_header_t *ur_request_stated(request_rec *r);

/* The version in which the request reached this server, whatever the client of a trusted proxy
 * speaks. The one place that decides it; r->proto_num says what the request line claims. */
static inline enum ur_http ur_request_http(const request_rec *r)
{
    return ur_protocol_spoken(r->connection->master != NULL, r->proto_num);
}

/* Whether the answer goes over HTTP/2. */
static inline bool ur_request_is_http2(const request_rec *r)
{
    return ur_request_http(r) == UR_HTTP_2;
}

/* Whether the client reads the answer over HTTP/2, from this server or from a trusted proxy
 * that may copy our fields into it: those of a connection would break it (RFC 9113, 8.2.2). */
static inline bool ur_request_ends_in_http2(request_rec *r)
{
    return ur_request_is_http2(r) || ur_request_seen(r).http == UR_HTTP_2;
}

/* What the request says of an opening handshake; the spans are its own fields. */
void ur_request_handshake(const request_rec *r, struct ur_handshake *handshake);

/* What a route with these settings accepts of it, and what the request's own origin is. */
void ur_request_accepted(const request_rec *r, const struct ur_dir_config *settings,
                         struct ur_seen seen, struct ur_handshake *handshake);

/* Which of the fields that tell something about this reason came: bit i for the i-th of
 * ur_handshake_evidence_name(). */
unsigned ur_request_evidence(const request_rec *r, enum ur_reason reason);

/* Accept, absent where the client sent none. */
struct ur_span ur_request_accept(const request_rec *r);

/* The form in which a page is asked for: the one that ?format= names, else by Accept. count
 * where there is none of that name. */
size_t ur_request_form(const request_rec *r, const struct ur_form forms[], size_t count);

/* The method where httpd knows it; a made-up one is absent, so that it is never echoed. */
struct ur_span ur_request_method(const request_rec *r);

/* Whether the client announces a body that nobody has read yet. */
bool ur_request_announces_body(const request_rec *r);

/* Whether this is the request that httpd makes for an ErrorDocument, or what redirects have
 * made of that one: some of them, as that of mod_asis, forget the error. */
bool ur_request_is_error_document(const request_rec *r);

/* Whether a client can have HTTP/2 from this server on this kind of connection. */
enum ur_http2_offer {
    UR_HTTP2_OFFERED,
    UR_HTTP2_NOT_SAID,  /* Protocols of the virtual host does not name it, or no mod_http2 */
    UR_HTTP2_NO_THREADS /* the MPM is one under which mod_http2 does nothing */
};

enum ur_http2_offer ur_server_http2(const server_rec *s, enum ur_tls tls);

static inline bool ur_server_offers_http2(const server_rec *s, enum ur_tls tls)
{
    return ur_server_http2(s, tls) == UR_HTTP2_OFFERED;
}

#endif
