#include "required/check/ur_findings.h"

#include "required/check/ur_conftree.h"
#include "required/config/ur_scope.h"
#include "required/request/ur_tls_group.h"
#include "core/protocol/ur_ssl_protocol.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_ssl.h>

/* One policy that holds for one server. */
struct demand {
    const server_rec *server;
    const struct ur_rule *rule;
};

/* What a server that speaks TLS itself offers. */
struct offer {
    const server_rec *server;
    unsigned versions;            /* ur_ssl_protocol_tls() */
    const char *at;               /* where its SSLProtocol is */
    const ap_directive_t *groups; /* SSLOpenSSLConfCmd Groups; NULL: the library's */
};

struct offers {
    struct ur_finder *finder;
    apr_array_header_t *list; /* of struct offer */
    apr_hash_t *without; /* pointers to the servers that were found to have no TLS module */
    int ml_kem; /* whether mod_ssl's OpenSSL has it; -1: not known, -2: not asked yet */
};

/* Any provider counts, mod_ssl or another: it must implement this hook (http_ssl.h). */
static bool tls_module_loaded(void)
{
    const apr_array_header_t *providers = ap_hook_get_ssl_conn_is_ssl();

    return providers && providers->nelts > 0;
}

/* If a proxy states the client's protocol, what this server offers is irrelevant. */
static bool tls_is_stated(const server_rec *s)
{
    const struct ur_trusted_proxy *proxy = ur_config_server(s)->trusted;

    return proxy && (proxy->tls || proxy->scheme || proxy->group);
}

/* Whether a proxy says enough of TLS to hide the key exchange that this server sees, and not
 * enough to know the client's. */
static bool key_exchange_is_hidden(const struct ur_trusted_proxy *proxy,
                                   enum ur_key_exchange demanded)
{
    if (!proxy || proxy->group) {
        return false;
    }
    return demanded == UR_KEX_POST_QUANTUM ? proxy->tls || proxy->scheme
                                           : proxy->scheme && !proxy->tls;
}

/* mod_ssl does so by itself if nothing is set, there is a certificate, and the port is one of
 * https. */
static bool speaks_by_itself(const struct ur_finder *finder, const server_rec *s)
{
    if (!ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_CERTIFICATE_FILE)) {
        return false;
    }
    for (const server_addr_rec *address = s->addrs; address; address = address->next) {
        if (ur_conftree_listens_https(finder->tree, address->host_port)) {
            return true;
        }
    }
    return false;
}

bool ur_findings_speaks_tls(const struct ur_finder *finder, const server_rec *s)
{
    const ap_directive_t *engine =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_ENGINE);

    return engine ? !ur_conftree_has_word(finder->pool, engine, "off")
                  : speaks_by_itself(finder, s);
}

/* Of the versions that a server offers those that its clients can have. */
static struct offer offer_of(struct ur_finder *finder, const server_rec *s)
{
    const ap_directive_t *protocol =
        ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_PROTOCOL);

    return (struct offer){
        .server = s,
        .versions = ur_ssl_protocol_tls(ur_span_of(protocol ? protocol->args : "all")),
        .at = protocol ? ur_conftree_at(finder->pool, protocol) : "the default",
        .groups = ur_conftree_effective(finder->tree, s, UR_CONFTREE_SSL_GROUPS),
    };
}

/* Looked up once: the main server may have thousands of sections, and thousands of virtual
 * hosts in which they hold. */
static struct offers open_offers(struct ur_finder *finder)
{
    struct offers offers = {finder, apr_array_make(finder->pool, 8, sizeof(struct offer)),
                            apr_hash_make(finder->pool), -2};

    for (server_rec *s = finder->main_server; s; s = s->next) {
        if (!tls_is_stated(s) && ur_findings_speaks_tls(finder, s)) {
            APR_ARRAY_PUSH(offers.list, struct offer) = offer_of(finder, s);
        }
    }
    return offers;
}

/* A section of the main server holds in every virtual host, its floor where there is no other.
 */
static bool holds_for(const struct demand *demand, const server_rec *s)
{
    bool is_floor = demand->rule == &ur_config_server(demand->server)->floor;

    return !is_floor || ur_config_server(s)->floor.at == demand->rule->at;
}

/* Every request over TLS is refused. */
static bool find_too_new(struct ur_finder *finder, const struct offer *offer,
                         const struct ur_rule *rule)
{
    if (ur_ssl_protocol_from(offer->versions, rule->policy.tls)) {
        return false;
    }
    ur_findings_add(finder, offer->server, rule->at,
                    apr_psprintf(finder->pool,
                                 "TLS/%s or newer is not offered by SSLProtocol (%s), so every "
                                 "request is refused; use SSLProtocol all",
                                 ur_protocol_tls(rule->policy.tls), offer->at));
    return true;
}

static void add_unseen(struct ur_finder *finder, const struct demand *demand, const char *at)
{
    ur_findings_add(
        finder, demand->server, demand->rule->at,
        apr_psprintf(finder->pool,
                     "clients below TLS/%s are not accepted by SSLProtocol (%s), so they fail "
                     "in the TLS handshake and cannot see the response; use SSLProtocol all to "
                     "tell them why, or require TLS without a version",
                     ur_protocol_tls(demand->rule->policy.tls), at));
}

/* What a server demands holds for itself; what the main server demands, for all that inherit
 * it, and guidance that one of them lets clients read is not in vain. */
static void find_tls(const struct offers *offers, const struct demand *demand)
{
    bool inherited = demand->server == offers->finder->main_server;
    const char *unseen_at = NULL;
    bool seen = false;

    if (demand->rule->policy.tls <= UR_TLS_SOME) {
        return;
    }
    for (int i = 0; i < offers->list->nelts; i++) {
        const struct offer *offer = &APR_ARRAY_IDX(offers->list, i, const struct offer);
        if (offer->server != demand->server &&
            !(inherited && holds_for(demand, offer->server))) {
            continue;
        }
        if (find_too_new(offers->finder, offer, demand->rule) ||
            ur_ssl_protocol_below(offer->versions, demand->rule->policy.tls)) {
            seen = true;
        }
        else {
            unseen_at = offer->at;
        }
    }
    if (unseen_at && !seen) {
        add_unseen(offers->finder, demand, unseen_at);
    }
}

/* Asked only where a policy depends on it: OpenSSL makes a context for the answer. */
static bool has_no_ml_kem(struct offers *offers)
{
    if (offers->ml_kem == -2) {
        offers->ml_kem = ur_tls_group_supported("X25519MLKEM768");
    }
    return offers->ml_kem == 0;
}

/* Why no client of this server can have a post-quantum key exchange; NULL if one can. */
static const char *no_post_quantum(struct offers *offers, const struct offer *offer)
{
    apr_pool_t *pool = offers->finder->pool;
    const ap_directive_t *groups = offer->groups;

    if (!ur_ssl_protocol_from(offer->versions, UR_TLS_1_3)) {
        return apr_psprintf(
            pool,
            "TLS/1.3 is not offered by SSLProtocol (%s), and older versions have "
            "no post-quantum key exchange, so every request is refused; use "
            "SSLProtocol all",
            offer->at);
    }
    if (has_no_ml_kem(offers)) {
        return "the OpenSSL library of mod_ssl has no ML-KEM, so no client can meet the "
               "policy; use "
               "OpenSSL 3.5 or later";
    }
    if (groups &&
        !ur_ssl_protocol_may_be_post_quantum(ur_span_of(ur_conftree_word(pool, groups, 1)))) {
        return apr_psprintf(
            pool,
            "SSLOpenSSLConfCmd %s (%s) has no group with ML-KEM, so every request "
            "is refused; begin the list with X25519MLKEM768",
            ur_conftree_word(pool, groups, 0), ur_conftree_at(pool, groups));
    }
    return NULL;
}

/* ForwardSecrecy needs no such search: what a server has to offer that does not meet it is up
 * to its clients. */
static void find_key_exchange(struct offers *offers, const struct demand *demand)
{
    enum ur_key_exchange demanded = demand->rule->policy.key_exchange;
    bool inherited = demand->server == offers->finder->main_server;

    if (demanded &&
        key_exchange_is_hidden(ur_config_server(demand->server)->trusted, demanded)) {
        ur_findings_add(
            offers->finder, demand->server, demand->rule->at,
            "the proxy of UpgradeTrustedProxy does not state the key exchange of its "
            "clients, so all of them are refused; add group=HEADER");
    }
    for (int i = 0; demanded == UR_KEX_POST_QUANTUM && i < offers->list->nelts; i++) {
        const struct offer *offer = &APR_ARRAY_IDX(offers->list, i, const struct offer);
        if (offer->server == demand->server ||
            (inherited && holds_for(demand, offer->server))) {
            const char *why = no_post_quantum(offers, offer);
            if (why) {
                ur_findings_add(offers->finder, offer->server, demand->rule->at, why);
            }
        }
    }
}

/* Once for a server. */
static void find_no_tls(const struct offers *offers, const struct demand *demand)
{
    const struct ur_policy *policy = &demand->rule->policy;

    if (!(policy->tls || policy->key_exchange) || tls_is_stated(demand->server) ||
        tls_module_loaded() ||
        apr_hash_get(offers->without, &demand->server, sizeof demand->server)) {
        return;
    }
    apr_hash_set(offers->without,
                 apr_pmemdup(offers->finder->pool, &demand->server, sizeof demand->server),
                 sizeof demand->server, "");
    ur_findings_add(
        offers->finder, demand->server, demand->rule->at,
        "no TLS module is loaded, so every request under this policy is refused; load mod_ssl");
}

static void find_all(struct offers *offers, const server_rec *s, const struct ur_rule *rule)
{
    struct demand demand = {s, rule};

    if (rule->at) {
        find_no_tls(offers, &demand);
        find_tls(offers, &demand);
        find_key_exchange(offers, &demand);
    }
}

/* What a server says itself: what it inherits is found at the server that says it, and may well
 * be meant for another virtual host. */
void ur_findings_protocol(struct ur_finder *finder)
{
    struct offers offers = open_offers(finder);
    const struct ur_rule *main_floor = &ur_config_server(finder->main_server)->floor;

    for (server_rec *s = finder->main_server; s; s = s->next) {
        /* A virtual host without settings shares the main server's structure. */
        const struct ur_rule *floor = &ur_config_server(s)->floor;
        if (s == finder->main_server || floor->at != main_floor->at) {
            find_all(&offers, s, floor);
        }
    }
    for (int i = 0; i < ur_scope_all()->nelts; i++) {
        const struct ur_scope *scope = &APR_ARRAY_IDX(ur_scope_all(), i, const struct ur_scope);
        find_all(&offers, scope->server, &scope->config->route);
    }
}
