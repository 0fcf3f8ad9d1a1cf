#include "required/request/ur_tls_offer.h"

#include "required/enforce/ur_enforce.h"
#include "required/request/ur_request.h"
#include "required/config/ur_scope.h"

#include <apr_strings.h>

static bool always_enforced(const struct ur_dir_config *settings)
{
    const struct ur_mode_setting *mode = settings->mode;

    return !mode || (mode->mode == UR_MODE_ENFORCE && mode->from == UR_TIME_ALWAYS);
}

static bool needs_tls(const struct ur_policy *policy)
{
    return policy->tls != UR_TLS_NONE || policy->key_exchange != UR_KEX_NONE;
}

/* Most servers have none, and are done with it. */
static bool any_demands(const server_rec *s)
{
    for (const struct ur_scope *scope = ur_scope_next(NULL, s); scope;
         scope = ur_scope_next(scope, s)) {
        if (needs_tls(&scope->config->route.policy)) {
            return true;
        }
    }
    return false;
}

/* One that enforces its policy at any time is enough, so that few are kept. */
static apr_array_header_t *demanding(apr_pool_t *pconf, apr_pool_t *scratch,
                                     const server_rec *s)
{
    const struct ur_scope *scope = any_demands(s) ? ur_scope_next(NULL, s) : NULL;
    apr_array_header_t *found = apr_array_make(pconf, 1, sizeof(const struct ur_dir_config *));

    for (bool enough = false; scope && !enough; scope = ur_scope_next(scope, s)) {
        const struct ur_dir_config *settings = ur_scope_settings(scratch, scope, s);

        if (!needs_tls(&settings->route.policy)) {
            continue;
        }
        enough = always_enforced(settings);
        if (enough) {
            apr_array_clear(found);
        }
        APR_ARRAY_PUSH(found, const struct ur_dir_config *) =
            ur_scope_settings(pconf, scope, s);
    }
    return found;
}

int ur_tls_offer_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                      server_rec *main_server)
{
    apr_pool_t *scratch;

    (void)plog;
    apr_pool_create(&scratch, ptemp);
    for (server_rec *s = main_server; s; s = s->next) {
        /* A virtual host without directives for servers shares the main server's. */
        struct ur_server_config *own =
            apr_pmemdup(pconf, ur_config_server(s), sizeof(struct ur_server_config));
        own->tls_sections = demanding(pconf, scratch, s);
        ap_set_module_config(s->module_config, &upgrade_required_module, own);
        apr_pool_clear(scratch);
    }
    return OK;
}

const struct ur_dir_config *ur_tls_offer_section(const request_rec *r)
{
    const apr_array_header_t *sections = ur_config_server(r->server)->tls_sections;
    struct ur_handshake handshake;
    int64_t rehearsal_ends;

    if (!sections->nelts || strcmp(r->unparsed_uri, "*") != 0) {
        return NULL;
    }
    ur_request_handshake(r, &handshake);
    if (!ur_handshake_offers_tls(&handshake)) {
        return NULL;
    }
    for (int i = 0; i < sections->nelts; i++) {
        const struct ur_dir_config *settings =
            APR_ARRAY_IDX(sections, i, const struct ur_dir_config *);
        enum ur_stage stage =
            ur_enforce_stage(settings, apr_time_sec(r->request_time), &rehearsal_ends);

        if (stage == UR_STAGE_ENFORCE || stage == UR_STAGE_REHEARSAL) {
            return settings;
        }
    }
    return NULL;
}
