#include "required/check/ur_findings.h"

#include "required/ur_module.h"

#include <apr_strings.h>
#include <http_core.h>

void ur_finding_add(struct ur_finder *finder, const server_rec *s, const char *at,
                    const char *text)
{
    /* Sections of the main server hold in each virtual host: once is enough. */
    const char *key = apr_pstrcat(finder->pool, at, " ", text, NULL);

    if (apr_hash_get(finder->seen, key, APR_HASH_KEY_STRING)) {
        return;
    }
    apr_hash_set(finder->seen, key, APR_HASH_KEY_STRING, "");
    APR_ARRAY_PUSH(finder->findings, struct ur_finding) = (struct ur_finding){s, at, text};
}

apr_array_header_t *ur_findings(apr_pool_t *pool, server_rec *main_server, apr_int64_t now)
{
    struct ur_conftree *tree = ur_conftree_open(pool, main_server);
    struct ur_finder finder = {
        .pool = pool,
        .main_server = main_server,
        .tree = tree,
        .backends = ur_backends_open(pool, tree, main_server),
        .now = now,
        .findings = apr_array_make(pool, 4, sizeof(struct ur_finding)),
        .seen = apr_hash_make(pool),
    };

    ur_findings_policy(&finder);
    ur_findings_protocol(&finder);
    ur_findings_http2(&finder);
    ur_findings_around(&finder);
    ur_findings_kept(&finder);
    ur_findings_pages(&finder);
    return finder.findings;
}

int ur_findings_log(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp,
                    server_rec *main_server)
{
    const apr_array_header_t *findings;

    (void)pconf;
    (void)plog;
    /* httpd reads its configuration twice at start; the first reading is only a rehearsal. */
    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    findings = ur_findings(ptemp, main_server, apr_time_sec(apr_time_now()));
    for (int i = 0; i < findings->nelts; i++) {
        const struct ur_finding *finding = &APR_ARRAY_IDX(findings, i, const struct ur_finding);
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, finding->server, "UR0004: %s %s",
                     finding->at, finding->text);
    }
    return OK;
}
