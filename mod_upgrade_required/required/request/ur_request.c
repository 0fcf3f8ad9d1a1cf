#include "required/request/ur_request.h"

#include "required/config/ur_config.h"
#include "required/request/ur_connection.h"
#include "required/ur_module.h"
#include "required/request/ur_target.h"
#include "required/request/ur_tls_group.h"
#include "core/metrics/ur_client_table.h"
#include "core/policy/ur_trusted_proxy.h"
#include "core/protocol/ur_group.h"
#include "core/text/ur_list.h"
#include "core/probe/ur_probe.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_ssl.h>

/* What is known about a request is stored in place of a pointer, so that nothing is allocated;
 * never 0 once it is known, because HTTP is never UR_HTTP_ANY. The levels are at the bottom
 * (ur_protocol_levels); what TLS agreed on is kept of a connection in the same form. */
enum {
    GROUP_SHIFT = UR_LEVEL_BITS, /* ur_group_place() */
    GROUP_MASK = (1 << UR_GROUP_BITS) - 1,
    ANNOUNCED = 1 << (GROUP_SHIFT + UR_GROUP_BITS),
    HEARD_SHIFT = GROUP_SHIFT + UR_GROUP_BITS + 1, /* of the first statement, then this many
                                                    * bits further for each */
    HEARD_BITS = 3,
    HEARD_MASK = (1 << HEARD_BITS) - 1
};

_Static_assert(HEARD_SHIFT + HEARD_BITS * UR_STATEMENTS <= 32, "32 bits are enough");

static uintptr_t pack_seen(struct ur_seen seen)
{
    return ur_protocol_levels(seen.tls, seen.http, seen.key_exchange) |
           (uintptr_t)ur_group_place(seen.group) << GROUP_SHIFT;
}

static struct ur_seen unpack(uintptr_t kept)
{
    struct ur_seen seen = ur_protocol_versions((unsigned)kept);

    seen.key_exchange = (enum ur_key_exchange)(kept >> UR_LEVEL_KEX_SHIFT & UR_LEVEL_MASK);
    seen.group = ur_group_at((unsigned)(kept >> GROUP_SHIFT & GROUP_MASK));
    return seen;
}

/* Asks the TLS provider. Apart, so that later requests do not pay for its registers. */
static __attribute__((noinline)) struct ur_seen look_at_tls(request_rec *r, conn_rec *c)
{
    struct ur_seen seen = {.tls = ur_protocol_tls_from_name(ur_span_of(ap_ssl_var_lookup(
                               r->pool, r->server, c, NULL, "SSL_PROTOCOL")))};

    seen.group = ur_tls_group(c);
    seen.key_exchange = ur_protocol_key_exchange_of(
        seen.tls, ur_request_tls_fact(r, "SSL_CIPHER"), seen.group, ur_tls_group_may_lack(c));
    return seen;
}

/* Of the connection, as it is kept; 0: no TLS. */
static uintptr_t agreed_on(request_rec *r)
{
    conn_rec *c = r->connection->master ? r->connection->master : r->connection;
    struct ur_connection *known = ur_connection_of(c);
    uintptr_t agreed = known ? apr_atomic_read32(&known->agreed) : 0;

    if (agreed || !ap_ssl_conn_is_ssl(c)) {
        return agreed;
    }
    agreed = pack_seen(look_at_tls(r, c));
    if (known) {
        apr_atomic_set32(&known->agreed, (apr_uint32_t)agreed);
    }
    return agreed;
}

static struct ur_span field(const request_rec *r, const char *name)
{
    return ur_span_of(apr_table_get(r->headers_in, name));
}

/* The TCP peer, whatever mod_remoteip has put into the request. */
static bool is_trusted(const conn_rec *c, const struct ur_trusted_proxy *proxy)
{
    for (int i = 0; i < proxy->networks->nelts; i++) {
        if (apr_ipsubnet_test(APR_ARRAY_IDX(proxy->networks, i, apr_ipsubnet_t *),
                              c->client_addr)) {
            return true;
        }
    }
    return false;
}

/* A client that names a header in Connection asks the proxy to drop the proxy's own statement,
 * and what arrives then may come from anyone. Two headers arrive as one list. */
static struct ur_statement statement(const request_rec *r, const char *name)
{
    struct ur_span connection = field(r, "Connection");
    struct ur_statement statement = {{NULL, 0}, false};

    if (name) {
        statement.value = field(r, name);
        /* Quotes have no place in Connection, and a proxy may split there where this server
         * does not. */
        statement.disowned = (connection.len && memchr(connection.at, '"', connection.len)) ||
                             ur_list_has(connection, ur_span_of(name));
    }
    return statement;
}

/* As it is kept, with the HTTP version. */
static uintptr_t own(request_rec *r)
{
    while (r->main) {
        r = r->main; /* subrequests have no protocol */
    }
    return agreed_on(r) | (uintptr_t)ur_request_http(r) << UR_LEVEL_HTTP_SHIFT;
}

struct ur_seen ur_request_own(request_rec *r)
{
    return unpack(own(r));
}

struct ur_span ur_request_tls_fact(request_rec *r, const char *name)
{
    conn_rec *c = r->connection->master ? r->connection->master : r->connection;
    const char *value = ap_ssl_var_lookup(r->pool, r->server, c, NULL, name);

    return ur_span_of(value && *value ? value : NULL);
}

static uintptr_t pack_heard(const enum ur_heard heard[UR_STATEMENTS])
{
    uintptr_t kept = 0;

    for (unsigned i = 0; i < UR_STATEMENTS; i++) {
        kept |= (uintptr_t)heard[i] << (HEARD_SHIFT + i * HEARD_BITS);
    }
    return kept;
}

/* Apart, so that other requests do not pay for its stack. */
static __attribute__((noinline)) uintptr_t hear_proxy(request_rec *r,
                                                      const struct ur_trusted_proxy *proxy)
{
    const struct ur_statement stated[UR_STATEMENTS] = {
        [UR_STATED_TLS] = statement(r, proxy->tls),
        [UR_STATED_HTTP] = statement(r, proxy->http),
        [UR_STATED_SCHEME] = statement(r, proxy->scheme),
        [UR_STATED_GROUP] = statement(r, proxy->group),
    };
    struct ur_forwarded forwarded = ur_trusted_proxy_hear(unpack(own(r)), stated);

    return pack_seen(forwarded.seen) | pack_heard(forwarded.heard);
}

static uintptr_t look_at_client(request_rec *r)
{
    const struct ur_trusted_proxy *proxy = ur_config_server(r->server)->trusted;

    return proxy && is_trusted(r->connection, proxy) ? hear_proxy(r, proxy) : own(r);
}

static uintptr_t kept_of(const request_rec *r)
{
    return (uintptr_t)ap_get_module_config(r->request_config, &upgrade_required_module);
}

static void keep(request_rec *r, uintptr_t kept)
{
    /* NOLINTNEXTLINE(performance-no-int-to-ptr): it is never followed */
    ap_set_module_config(r->request_config, &upgrade_required_module, (void *)kept);
}

static uintptr_t known_of(request_rec *r)
{
    uintptr_t kept = kept_of(r);

    if (!kept) {
        /* The client's own request was examined before anything could change its headers. */
        request_rec *outer = r->main ? r->main : r->prev;
        kept = outer ? known_of(outer) & ~(uintptr_t)ANNOUNCED : look_at_client(r);
        keep(r, kept);
    }
    return kept;
}

struct ur_seen ur_request_seen(request_rec *r)
{
    return unpack(known_of(r));
}

unsigned ur_request_levels(request_rec *r)
{
    return (unsigned)known_of(r);
}

struct ur_forwarded ur_request_forwarded(request_rec *r)
{
    uintptr_t kept = known_of(r);
    struct ur_forwarded forwarded = {.seen = unpack(kept)};

    for (unsigned i = 0; i < UR_STATEMENTS; i++) {
        forwarded.heard[i] =
            (enum ur_heard)(kept >> (HEARD_SHIFT + i * HEARD_BITS) & HEARD_MASK);
    }
    return forwarded;
}

void ur_request_mark_announced(request_rec *r)
{
    ur_request_seen(r);
    keep(r, kept_of(r) | ANNOUNCED);
}

bool ur_request_is_announced(const request_rec *r)
{
    for (; r; r = r->prev) {
        if (kept_of(r) & ANNOUNCED) {
            return true;
        }
    }
    return false;
}

static void push_field(apr_array_header_t *fields, const char *name, struct ur_span value)
{
    if (ur_span_present(value)) {
        APR_ARRAY_PUSH(fields, struct ur_probe_field) = (struct ur_probe_field){name, value};
    }
}

apr_array_header_t *ur_request_stated(request_rec *r)
{
    const struct ur_trusted_proxy *proxy = ur_config_server(r->server)->trusted;
    const char *const names[] = {proxy ? proxy->tls : NULL, proxy ? proxy->http : NULL,
                                 proxy ? proxy->scheme : NULL, proxy ? proxy->group : NULL};
    apr_array_header_t *fields;

    if (!proxy || !is_trusted(r->connection, proxy)) {
        return NULL;
    }
    fields = apr_array_make(r->pool, UR_STATEMENTS, sizeof(struct ur_probe_field));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i]) {
            push_field(fields, names[i], field(r, names[i]));
        }
    }
    return fields;
}

static bool is_listed(const char *name, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ap_cstr_casecmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Longer names of subprotocols may be tokens, which some applications hide there. */
#define SUBPROTOCOL_MAX 32

static bool only_names(struct ur_span list)
{
    struct ur_span name;

    while (ur_list_next(&list, &name)) {
        if (name.len > SUBPROTOCOL_MAX) {
            return false;
        }
    }
    return true;
}

/* Families of headers of which only these are known not to carry secrets: applications send
 * tokens under other names. */
static bool is_known(const char *name, const char *prefix, const char *const endings[],
                     size_t count)
{
    size_t len = strlen(prefix);

    return ap_cstr_casecmpn(name, prefix, len) != 0 || is_listed(name + len, endings, count);
}

static bool may_be_shown(const char *name, struct ur_span value)
{
    static const char *const forwarded[] = {"For",      "Host", "Proto",  "Port",   "Server",
                                            "Protocol", "Ssl",  "Scheme", "Prefix", "By"};
    static const char *const websocket[] = {"Key", "Version", "Protocol", "Extensions",
                                            "Accept"};

    if (ap_cstr_casecmp(name, "Sec-WebSocket-Protocol") == 0) {
        return only_names(value);
    }
    return is_known(name, "X-Forwarded-", forwarded, sizeof forwarded / sizeof forwarded[0]) &&
           is_known(name, "Sec-WebSocket-", websocket, sizeof websocket / sizeof websocket[0]);
}

static int push_if_listed(void *fields, const char *name, const char *value)
{
    static const char *const names[] = {"Upgrade", "Connection", "Via", "Forwarded"};
    bool listed = is_listed(name, names, sizeof names / sizeof names[0]) ||
                  ap_cstr_casecmpn(name, "Sec-WebSocket-", 14) == 0 ||
                  ap_cstr_casecmpn(name, "X-Forwarded-", 12) == 0;

    if (listed) {
        struct ur_span shown = ur_span_of(value);
        push_field(fields, name, may_be_shown(name, shown) ? shown : UR_SPAN("(not shown)"));
    }
    return 1;
}

apr_array_header_t *ur_request_probe_fields(request_rec *r)
{
    apr_array_header_t *fields = apr_array_make(r->pool, 8, sizeof(struct ur_probe_field));

    apr_table_do(push_if_listed, fields, r->headers_in, NULL);
    return fields;
}

bool ur_request_announces_body(const request_rec *r)
{
    const char *length = apr_table_get(r->headers_in, "Content-Length");

    /* httpd has refused lengths that are not numbers; "000" is zero. */
    if (length && length[strspn(length, "0")] != '\0') {
        return true;
    }
    /* Over HTTP/2 mod_http2 makes this header itself, for extended CONNECT too. */
    return !ur_request_is_http2(r) && apr_table_get(r->headers_in, "Transfer-Encoding");
}

void ur_request_handshake(const request_rec *r, struct ur_handshake *handshake)
{
    handshake->http = ur_request_http(r);
    handshake->get = r->method_number == M_GET && !r->header_only;
    handshake->body = ur_request_announces_body(r);
    handshake->upgrade = field(r, "Upgrade");
    handshake->connection = field(r, "Connection");
    handshake->version = field(r, "Sec-WebSocket-Version");
    handshake->key = field(r, "Sec-WebSocket-Key");
    handshake->origin = field(r, "Origin");
    handshake->protocol = field(r, "Sec-WebSocket-Protocol");
}

void ur_request_accepted(const request_rec *r, const struct ur_dir_config *settings,
                         struct ur_seen seen, struct ur_handshake *handshake)
{
    handshake->origins = settings->origins;
    handshake->subprotocols = settings->subprotocols;
    handshake->tls = seen.tls != UR_TLS_NONE;
    if (settings->origins && settings->origins->same && ur_target_is_own_name(r)) {
        handshake->own_host = field(r, "Host");
    }
}

unsigned ur_request_evidence(const request_rec *r, enum ur_reason reason)
{
    unsigned evidence = 0;

    for (size_t i = 0; i < UR_EVIDENCE_MAX; i++) {
        if (ur_handshake_evidence_tells(i, reason) &&
            apr_table_get(r->headers_in, ur_handshake_evidence_name(i))) {
            evidence |= 1U << i;
        }
    }
    return evidence;
}

uint64_t ur_request_network(const request_rec *r)
{
    const apr_sockaddr_t *address = r->useragent_addr;

    if (address && address->family == APR_INET) {
        return ur_client_of_ipv4(address->ipaddr_ptr);
    }
#if APR_HAVE_IPV6
    if (address && address->family == APR_INET6) {
        return ur_client_of_ipv6(address->ipaddr_ptr);
    }
#endif
    return 0;
}

struct ur_span ur_request_user_agent(const request_rec *r)
{
    return field(r, "User-Agent");
}

struct ur_span ur_request_accept(const request_rec *r)
{
    return field(r, "Accept");
}

bool ur_request_is_grpc(const request_rec *r)
{
    static const struct ur_span grpc = {"application/grpc", 16};
    struct ur_span type = field(r, "Content-Type");

    return type.len >= grpc.len && ur_span_is((struct ur_span){type.at, grpc.len}, grpc) &&
           (type.len == grpc.len || strchr("; +", type.at[grpc.len]));
}

/* The value of name=value in the query, undecoded; absent if there is none. */
static struct ur_span argument(const request_rec *r, const char *name)
{
    size_t len = strlen(name);

    for (const char *at = r->args; at; at = strchr(at, '&')) {
        at += *at == '&';
        if (strncmp(at, name, len) == 0 && at[len] == '=') {
            return (struct ur_span){at + len + 1, strcspn(at + len + 1, "&")};
        }
    }
    return (struct ur_span){NULL, 0};
}

size_t ur_request_form(const request_rec *r, const struct ur_form forms[], size_t count)
{
    struct ur_span word = argument(r, "format");

    return ur_span_present(word) ? ur_accept_named_form(word, forms, count)
                                 : ur_accept_pick_form(ur_request_accept(r), forms, count);
}

struct ur_span ur_request_method(const request_rec *r)
{
    bool known = r->method_number != M_INVALID;

    return known ? ur_span_of(r->method) : (struct ur_span){NULL, 0};
}

bool ur_request_is_error_document(const request_rec *r)
{
    for (r = r->prev; r; r = r->prev) {
        if (ap_is_HTTP_ERROR(r->status)) {
            return true;
        }
    }
    return false;
}

static bool lists(const server_rec *s, const char *protocol)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);

    for (int i = 0; core->protocols && i < core->protocols->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(core->protocols, i, const char *), protocol) == 0) {
            return true;
        }
    }
    return false;
}

static bool mpm_has_threads(void)
{
    int threads = AP_MPMQ_NOT_SUPPORTED;

    ap_mpm_query(AP_MPMQ_IS_THREADED, &threads);
    return threads != AP_MPMQ_NOT_SUPPORTED;
}

/* mod_http2 does not support prefork, because single-threaded programs run there: it neither
 * answers ALPN nor switches. Only h2c by clients that start with it remains. */
enum ur_http2_offer ur_server_http2(const server_rec *s, enum ur_tls tls)
{
    if (!lists(s, tls == UR_TLS_NONE ? "h2c" : "h2") || !ap_find_linked_module("mod_http2.c")) {
        return UR_HTTP2_NOT_SAID;
    }
    return tls == UR_TLS_NONE || mpm_has_threads() ? UR_HTTP2_OFFERED : UR_HTTP2_NO_THREADS;
}
