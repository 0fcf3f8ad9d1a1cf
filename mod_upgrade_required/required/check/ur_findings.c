#include "required/check/ur_findings.h"

#include "required/ur_module.h"

#include <apr_strings.h>
#include <http_core.h>

#define VALUE_MAX 80

static void note_line(void *context, const ap_directive_t *directive, server_rec *s)
{
    const struct ur_finder *finder = context;
    const char *at = ur_conftree_at(finder->pool, directive);

    (void)s;
    if (!apr_hash_get(finder->lines, at, APR_HASH_KEY_STRING)) {
        apr_hash_set(finder->lines, at, APR_HASH_KEY_STRING, directive);
    }
}

/* How many bytes of a directive's arguments to show: the words before the first parameter or
 * address with a user, because secret= and passwords do not belong in a log. */
static int shown_length(const char *arguments)
{
    size_t len = strcspn(arguments, "=@");

    if (!arguments[len] && len <= VALUE_MAX) {
        return (int)len;
    }
    len = len < VALUE_MAX ? len : VALUE_MAX;
    while (len && arguments[len] != ' ') {
        len--;
    }
    return (int)len;
}

/* "Directive value: why" */
static const char *text_of(struct ur_finder *finder, const char *at, const char *why)
{
    const ap_directive_t *directive;
    int len;

    if (!finder->lines) {
        finder->lines = apr_hash_make(finder->pool);
        ur_conftree_walk(finder->tree, note_line, finder);
    }
    directive = apr_hash_get(finder->lines, at, APR_HASH_KEY_STRING);
    if (!directive) {
        return why;
    }
    len = shown_length(directive->args);
    return apr_psprintf(finder->pool, "%s%s%.*s: %s", directive->directive, len ? " " : "", len,
                        directive->args, why);
}

void ur_findings_add(struct ur_finder *finder, const server_rec *s, const char *at,
                     const char *why)
{
    const char *text = text_of(finder, at, why);
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
    ur_findings_limits(&finder);
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
