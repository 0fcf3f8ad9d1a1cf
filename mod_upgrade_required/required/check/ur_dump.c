#include "required/check/ur_dump.h"

#include "required/check/ur_dump_kept.h"
#include "required/enforce/ur_enforce.h"
#include "required/check/ur_findings.h"
#include "required/config/ur_scope.h"
#include "shared/ur_text.h"
#include "core/response/ur_reply.h"

#include <apr_strings.h>
#include <http_core.h>

/* One policy as it holds for one server. */
struct row {
    const char *server;
    const char *where;
    const struct ur_rule *rule;
    const struct ur_dir_config *settings;
};

#define COLUMNS "%-24s  %-28s  %-37s  %-8s  %-9s  %-20s  %-20s  %-16s  %s\n"

struct dump {
    apr_pool_t *pool;
    apr_pool_t *row_pool; /* cleared before each: there may be many sections in many servers */
    apr_file_t *out;
    int64_t now;
};

static const char *requirements(apr_pool_t *pool, const struct ur_policy *policy)
{
    const char *words[UR_FAMILIES];
    size_t count = ur_policy_words(policy, words);
    const char *text = "";

    for (size_t i = 0; i < count; i++) {
        text = apr_pstrcat(pool, text, i ? " " : "", words[i], NULL);
    }
    return text;
}

/* A client that meets no requirement. */
static struct ur_refusal typical_refusal(const struct row *row)
{
    const struct ur_policy *policy = &row->rule->policy;
    const struct ur_handshake none = {.get = true};
    struct ur_seen seen = {.http = policy->http == UR_HTTP_1_1 ? UR_HTTP_1_0 : UR_HTTP_1_1};
    struct ur_facts facts = {seen, &none};
    struct ur_refusal refusal = {.policy = policy};

    refusal.seen = seen;
    refusal.method = UR_SPAN("GET");
    refusal.judgement = ur_policy_judge(policy, &facts);
    return refusal;
}

static void write_detail(struct ur_buf *out, const void *refusal)
{
    ur_reply_detail(refusal, out);
}

static const char *sentence(apr_pool_t *pool, const struct row *row)
{
    struct ur_refusal refusal = typical_refusal(row);

    return row->settings->message ? row->settings->message->text
                                  : ur_text(pool, 256, write_detail, &refusal).at;
}

static const char *stage_now(const struct dump *dump, const struct ur_dir_config *settings)
{
    int64_t ends;

    return ur_schedule_stage_word(ur_enforce_stage(settings, dump->now, &ends));
}

static void print_brownouts(const struct dump *dump, const apr_array_header_t *brownouts)
{
    for (int i = 0; brownouts && i < brownouts->nelts; i++) {
        const struct ur_brownout *brownout =
            &APR_ARRAY_IDX(brownouts, i, const struct ur_brownout);
        apr_file_printf(dump->out, "    brownout: %s to %s",
                        ur_text_time(dump->row_pool, brownout->start),
                        ur_text_time(dump->row_pool, brownout->end));
        if (brownout->every) {
            apr_file_printf(dump->out,
                            ", %" APR_INT64_T_FMT " of every %" APR_INT64_T_FMT " seconds",
                            (apr_int64_t)brownout->lasts, (apr_int64_t)brownout->every);
        }
        apr_file_printf(dump->out, "\n");
    }
}

static void print_row(const struct dump *dump, const struct row *row)
{
    const struct ur_mode_setting *mode = row->settings->mode;
    const char *since =
        mode && mode->since != UR_TIME_ALWAYS ? ur_text_time(dump->row_pool, mode->since) : "-";

    apr_file_printf(dump->out, COLUMNS, row->server, row->where,
                    requirements(dump->row_pool, &row->rule->policy),
                    ur_schedule_mode_word(mode ? mode->mode : UR_MODE_UNSET),
                    stage_now(dump, row->settings),
                    mode && mode->enforced_from ? mode->enforced_from : "-", since,
                    ur_enforce_label(row->settings, row->rule)->name,
                    row->rule->at ? row->rule->at : "-");
    apr_file_printf(dump->out, "    message to refused clients: %s\n",
                    sentence(dump->row_pool, row));
    print_brownouts(dump, row->settings->brownouts);
}

static int print_rule(const struct dump *dump, const struct row *row)
{
    if (!ur_policy_demands(&row->rule->policy)) {
        return 0;
    }
    print_row(dump, row);
    return 1;
}

static int print_server(const struct dump *dump, server_rec *s)
{
    const struct ur_dir_config *settings = ur_scope_of_server(s);
    struct row row = {ur_scope_server_name(dump->pool, s), "floor", &ur_config_server(s)->floor,
                      settings};
    int printed = print_rule(dump, &row);

    row.where = "server";
    row.rule = &settings->route;
    printed += print_rule(dump, &row);
    for (const struct ur_scope *scope = ur_scope_next(NULL, s); scope;
         scope = ur_scope_next(scope, s)) {
        if (scope->where && scope->config->route.said) {
            apr_pool_clear(dump->row_pool);
            row.where = scope->where;
            row.settings = ur_scope_settings(dump->row_pool, scope, s);
            row.rule = &row.settings->route;
            printed += print_rule(dump, &row);
        }
    }
    return printed;
}

static void print_findings(const struct dump *dump, const apr_array_header_t *findings)
{
    apr_file_printf(dump->out, "\nFindings: %s\n", findings->nelts ? "" : "none");
    for (int i = 0; i < findings->nelts; i++) {
        const struct ur_finding *finding = &APR_ARRAY_IDX(findings, i, const struct ur_finding);
        apr_file_printf(dump->out, "%s %s\n", finding->at, finding->text);
    }
}

/* In the order of the configuration: httpd puts each new virtual host at the front of its list.
 */
static const apr_array_header_t *servers_in_order(apr_pool_t *pool, server_rec *main_server)
{
    int count = 1;
    apr_array_header_t *servers;

    for (const server_rec *s = main_server->next; s; s = s->next) {
        count++;
    }
    servers = apr_array_make(pool, count, sizeof(server_rec *));
    servers->nelts = count;
    APR_ARRAY_IDX(servers, 0, server_rec *) = main_server;
    for (server_rec *s = main_server->next; s; s = s->next) {
        APR_ARRAY_IDX(servers, --count, server_rec *) = s;
    }
    return servers;
}

void ur_dump(apr_pool_t *pconf, server_rec *main_server)
{
    struct dump dump = {.pool = pconf, .now = apr_time_sec(apr_time_now())};
    const apr_array_header_t *servers = servers_in_order(pconf, main_server);
    int printed = 0;

    if (!ap_exists_config_define("DUMP_UPGRADE") ||
        apr_file_open_stdout(&dump.out, pconf) != APR_SUCCESS) {
        return;
    }
    apr_pool_create(&dump.row_pool, pconf);
    apr_file_printf(dump.out, "Upgrade policies (except those in .htaccess files):\n");
    apr_file_printf(dump.out, COLUMNS, "server", "where", "requires", "mode", "now", "from",
                    "since", "name", "at");
    for (int i = 0; i < servers->nelts; i++) {
        printed += print_server(&dump, APR_ARRAY_IDX(servers, i, server_rec *));
    }
    if (!printed) {
        apr_file_printf(dump.out, "none\n");
    }
    ur_dump_kept(pconf, dump.out, servers);
    print_findings(&dump, ur_findings(pconf, main_server, dump.now));
}
