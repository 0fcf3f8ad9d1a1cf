#include "httpd/ur_findings.h"

#include "httpd/ur_conftree.h"
#include "httpd/ur_scope.h"

#include <apr_strings.h>
#include <http_core.h>

static const struct ur_scope *scope_at(int i)
{
    return &APR_ARRAY_IDX(ur_scope_all(), i, const struct ur_scope);
}

/* A date that is past when the server starts was meant to be announced first; one that
 * passes later is the course of things, and a reload then is none of its business. */
static void find_past_date(struct ur_finder *finder, const struct ur_scope *scope)
{
    const struct ur_mode_setting *mode = scope->config->mode;

    if (mode && mode->mode == UR_MODE_ENFORCE && mode->from != UR_TIME_ALWAYS &&
        mode->from <= finder->now && ap_state_query(AP_SQ_CONFIG_GEN) <= 1) {
        ur_finding_add(finder, scope->server, mode->at,
                       "enforces from a date that is past already, so nothing is announced; "
                       "write a later date, or no from=");
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
            if (ur_brownouts_overlap(earlier, later)) {
                ur_finding_add(finder, scope->server, later->at,
                               apr_psprintf(finder->pool,
                                            "overlaps the brownout of %s: refusals would name "
                                            "the end of either; write intervals that follow "
                                            "each other",
                                            earlier->at));
            }
        }
    }
}

static bool any_name(const server_rec *s)
{
    for (int i = 0; s->wild_names && i < s->wild_names->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(s->wild_names, i, const char *), "*") == 0) {
            return true;
        }
    }
    return false;
}

static bool redirects(const struct ur_scope *scope)
{
    return scope->config->redirect == UR_REDIRECT_TEMPORARY ||
           scope->config->redirect == UR_REDIRECT_PERMANENT;
}

static void find_open_redirects(struct ur_finder *finder, const struct ur_scope *scope)
{
    for (server_rec *s = finder->main_server; s && redirects(scope); s = s->next) {
        const ap_directive_t *alias =
            ur_scope_holds(scope, s) && any_name(s)
                ? ur_conftree_last(finder->tree, s, UR_CONFTREE_SERVER_ALIAS)
                : NULL;
        if (alias) {
            ur_finding_add(finder, s, ur_conftree_at(finder->pool, alias),
                           "accepts every host name, and UpgradeRedirect sends clients on to "
                           "the one that they name; list the names instead of *");
        }
    }
}

void ur_findings_policy(struct ur_finder *finder)
{
    for (int i = 0; i < ur_scope_all()->nelts; i++) {
        find_past_date(finder, scope_at(i));
        find_overlaps(finder, scope_at(i));
        find_open_redirects(finder, scope_at(i));
    }
}
