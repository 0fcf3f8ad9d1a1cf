#ifndef UR_REQUEST_H
#define UR_REQUEST_H

#include "core/policy/ur_trusted_proxy.h"
#include "core/policy/ur_handshake.h"
#include "core/response/ur_accept.h"

#include <httpd.h>

/* The only reader of connections and request headers. */

struct ur_dir_config;

/* The client's protocol versions and key exchange: as a trusted proxy states them
 * (UpgradeTrustedProxy), else as this server sees them. TLS is what its provider (mod_ssl or
 * another) reports for the TCP connection, also for an HTTP/2 stream; UR_TLS_NONE if no TLS
 * module is loaded. Determined once per request. */
struct ur_seen ur_request_seen(request_rec *r);

/* The same as levels (ur_protocol_levels), with other bits above them. The request path: once
 * the request is known, all that it costs to compare and to count it. */
unsigned ur_request_levels(request_rec *r);

/* The same as ur_request_seen(), and what of a trusted proxy's statement was not understood. */
struct ur_forwarded ur_request_forwarded(request_rec *r);

/* Marks a request as announced; the mark also applies to requests that httpd derives from it.
 */
void ur_request_mark_announced(request_rec *r);
bool ur_request_is_announced(const request_rec *r);

/* Whether SetHandler names this handler, which begins with "upgrade-". Other requests pay for
 * one comparison. */
static inline bool ur_request_is_for(const request_rec *r, const char *handler)
{
    return r->handler && r->handler[0] == 'u' && strcmp(r->handler, handler) == 0;
}

/* What this server itself sees, whatever a proxy states. */
struct ur_seen ur_request_own(request_rec *r);

/* A fact that the TLS provider reports for the TCP connection, by mod_ssl's variable name;
 * absent if it reports none. In r->pool. */
struct ur_span ur_request_tls_fact(request_rec *r, const char *name);

/* For the probe, arrays of struct ur_probe_field (ur_probe.h) in r->pool: the headers of
 * forwarding and WebSockets that arrived, and no others; and the headers in which a trusted
 * proxy states its client's protocol, NULL if the peer is not one. */
apr_array_header_t *ur_request_probe_fields(request_rec *r);
apr_array_header_t *ur_request_stated(request_rec *r);

/* The HTTP version in which the request reached this server, whatever the client of a trusted
 * proxy uses. The only place that decides it; r->proto_num is what the request line claims. */
static inline enum ur_http ur_request_http(const request_rec *r)
{
    return ur_protocol_spoken(r->connection->master != NULL, r->proto_num);
}

/* Whether the response is sent over HTTP/2. */
static inline bool ur_request_is_http2(const request_rec *r)
{
    return ur_request_http(r) == UR_HTTP_2;
}

/* Whether the client receives the response over HTTP/2, from this server or from a trusted
 * proxy that may copy our headers: connection-specific ones would break it (RFC 9113, 8.2.2).
 */
static inline bool ur_request_ends_in_http2(request_rec *r)
{
    return ur_request_is_http2(r) || ur_request_seen(r).http == UR_HTTP_2;
}

/* The opening handshake in the request; the spans point to its headers. */
void ur_request_handshake(const request_rec *r, struct ur_handshake *handshake);

/* What a route with these settings accepts, and the request's own origin. */
void ur_request_accepted(const request_rec *r, const struct ur_dir_config *settings,
                         struct ur_seen seen, struct ur_handshake *handshake);

/* Which of the headers that are evidence for this reason were sent: bit i for the i-th of
 * ur_handshake_evidence_name(). */
unsigned ur_request_evidence(const request_rec *r, enum ur_reason reason);

/* The client, as mod_remoteip has it if it is loaded: ur_client_of_ipv4() or
 * ur_client_of_ipv6(). All clients on Unix sockets, or of a family that is not known, are 0. */
uint64_t ur_request_network(const request_rec *r);

/* User-Agent, absent if the client sent none. */
struct ur_span ur_request_user_agent(const request_rec *r);

/* Accept, absent if the client sent none. */
struct ur_span ur_request_accept(const request_rec *r);

/* Whether it is a gRPC call: of application/grpc, or a subtype of it such as +proto. */
bool ur_request_is_grpc(const request_rec *r);

/* The requested format of a page: the one that ?format= names, else by Accept. count if there
 * is none of that name. */
size_t ur_request_form(const request_rec *r, const struct ur_form forms[], size_t count);

/* The method if httpd knows it; absent otherwise, so that it is never echoed. */
struct ur_span ur_request_method(const request_rec *r);

/* Whether the client announces a body that has not been read yet. */
bool ur_request_announces_body(const request_rec *r);

/* Whether this is an ErrorDocument request, or an internal redirect of one: some of them, such
 * as that of mod_asis, lose the error status. */
bool ur_request_is_error_document(const request_rec *r);

/* Whether this server offers HTTP/2 on this kind of connection. */
enum ur_http2_offer {
    UR_HTTP2_OFFERED,
    UR_HTTP2_NOT_SAID,  /* not in Protocols of the virtual host, or no mod_http2 */
    UR_HTTP2_NO_THREADS /* mod_http2 does not work with this MPM */
};

enum ur_http2_offer ur_server_http2(const server_rec *s, enum ur_tls tls);

static inline bool ur_server_offers_http2(const server_rec *s, enum ur_tls tls)
{
    return ur_server_http2(s, tls) == UR_HTTP2_OFFERED;
}

#endif
