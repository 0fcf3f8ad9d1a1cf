#include "required/check/ur_findings.h"

#include "required/check/ur_conftree.h"
#include "required/config/ur_scope.h"

#include <apr_strings.h>
#include <http_core.h>

static const struct ur_scope *scope_at(int i)
{
    return &APR_ARRAY_IDX(ur_scope_all(), i, const struct ur_scope);
}

/* A date in the past at startup was meant to be announced first; one that passes later is
 * normal, and not reported at a reload. */
static void find_past_date(struct ur_finder *finder, const struct ur_scope *scope)
{
    const struct ur_mode_setting *mode = scope->config->mode;

    if (mode && mode->mode == UR_MODE_ENFORCE && mode->from != UR_TIME_ALWAYS &&
        mode->from <= finder->now && ap_state_query(AP_SQ_CONFIG_GEN) <= 1) {
        ur_findings_add(
            finder, scope->server, mode->at,
            "the date of from= is in the past, so nothing is announced; use a later "
            "date, or remove from=");
    }
}

static void find_overlaps(struct ur_finder *finder, const struct ur_scope *scope)
{
    const apr_array_header_t *brownouts = scope->config->brownouts;

    for (int i = 0; brownouts && i < brownouts->nelts; i++) {
        const struct ur_brownout *later =
            &APR_ARRAY_IDX(brownouts, i, const struct ur_brownout);
        for (int j = 0; j < i; j++) {
            const struct ur_brownout *earlier =
                &APR_ARRAY_IDX(brownouts, j, const struct ur_brownout);
            if (ur_schedule_brownouts_overlap(earlier, later)) {
                ur_findings_add(
                    finder, scope->server, later->at,
                    apr_psprintf(finder->pool,
                                 "overlaps the brownout of %s, so refusals could name the end "
                                 "of either; use intervals that do not overlap",
                                 earlier->at));
            }
        }
    }
}

static bool redirects(const struct ur_dir_config *settings)
{
    return settings->redirect == UR_REDIRECT_TEMPORARY ||
           settings->redirect == UR_REDIRECT_PERMANENT;
}

static bool redirects_anywhere(const struct ur_finder *finder, const server_rec *s)
{
    bool found = redirects(ur_scope_of_server(s));
    apr_pool_t *scratch;

    /* There may be many sections that hold in many servers. */
    apr_pool_create(&scratch, finder->pool);
    for (const struct ur_scope *scope = ur_scope_next(NULL, s); scope && !found;
         scope = ur_scope_next(scope, s)) {
        found = scope->where && redirects(ur_scope_settings(scratch, scope, s));
    }
    apr_pool_destroy(scratch);
    return found;
}

/* Only requests without TLS are redirected. */
static void find_open_redirects(struct ur_finder *finder)
{
    for (server_rec *s = finder->main_server; s; s = s->next) {
        const ap_directive_t *alias = ur_conftree_last(finder->tree, s, UR_CONFTREE_ANY_ALIAS);
        if (alias && !ur_findings_speaks_tls(finder, s) && redirects_anywhere(finder, s)) {
            ur_findings_add(finder, s, ur_conftree_at(finder->pool, alias),
                            "accepts every host name, and UpgradeRedirect redirects clients to "
                            "the one that they name; list the names instead of *");
        }
    }
}

void ur_findings_policy(struct ur_finder *finder)
{
    for (int i = 0; i < ur_scope_all()->nelts; i++) {
        find_past_date(finder, scope_at(i));
        find_overlaps(finder, scope_at(i));
    }
    find_open_redirects(finder);
}
