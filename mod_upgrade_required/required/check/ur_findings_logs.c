#include "required/check/ur_findings.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

/* An event tunnel is logged when it ends, by the child that opened it: with the log files that
 * this child has, which are those from before all the reloads since then. */

struct log_finder {
    struct ur_finder *finder;
    apr_hash_t *by_event; /* as ur_findings_logs() has it */
    apr_hash_t *logging;  /* pointer to the server: it has logs of its own */
    bool drained;         /* no tunnel outlives a reload for long */
};

static bool is_log(const ap_directive_t *directive)
{
    return ur_conftree_is(directive, "CustomLog") || ur_conftree_is(directive, "TransferLog");
}

static void note_log(void *context, const ap_directive_t *directive, server_rec *s)
{
    const struct log_finder *logs = context;

    if (is_log(directive)) {
        apr_hash_set(logs->logging, apr_pmemdup(logs->finder->pool, &s, sizeof s), sizeof s,
                     "");
    }
}

/* A virtual host without logs of its own has the main server's; sections of the main server
 * hold in each. */
static bool logs_tunnels(const struct log_finder *logs, const ap_directive_t *directive,
                         const server_rec *s)
{
    const server_rec *main_server = logs->finder->main_server;

    if (ur_conftree_is(directive, "GlobalLog") || apr_hash_get(logs->by_event, &s, sizeof s) ||
        apr_hash_get(logs->by_event, &main_server, sizeof main_server)) {
        return true;
    }
    for (server_rec *host = main_server->next; host && s == main_server; host = host->next) {
        if (apr_hash_get(logs->by_event, &host, sizeof host) &&
            !apr_hash_get(logs->logging, &host, sizeof host)) {
            return true;
        }
    }
    return false;
}

/* Those that are known to end on TERM; one that somebody has written may know better. */
static bool is_ended_by_reload(apr_pool_t *pool, const char *command)
{
    static const char *const programs[] = {"rotatelogs", "cronolog", "logger", "tee", "cat"};
    char *last;
    const char *program;

    command += strspn(command, "|$ ");
    program = apr_strtok(apr_pstrdup(pool, command), " \t", &last);
    for (size_t i = 0; program && i < sizeof programs / sizeof programs[0]; i++) {
        if (strcmp(apr_filepath_name_get(program), programs[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_file(const char *target)
{
    return *target && *target != '|' && strncmp(target, "/dev/", 5) != 0;
}

static void find_lost_lines(void *context, const ap_directive_t *directive, server_rec *s)
{
    const struct log_finder *logs = context;
    struct ur_finder *finder = logs->finder;
    const char *text = NULL;
    const char *target;

    if ((!is_log(directive) && !ur_conftree_is(directive, "GlobalLog")) ||
        !logs_tunnels(logs, directive, s)) {
        return;
    }
    target = ur_conftree_word(finder->pool, directive, 0);
    if (is_file(target) && !logs->drained) {
        text =
            "an event tunnel is logged when it ends, to the file that its child opened when it "
            "started, so the line is lost after two rotations; use UpgradeTunnelDrain with "
            "fewer seconds than between two rotations, or a piped log (manual: Log rotation)";
    }
    else if (*target == '|' && is_ended_by_reload(finder->pool, target)) {
        text = "each reload ends this program, so the lines of tunnels and requests that are "
               "still open are lost; make it ignore TERM: \"|/bin/sh -c 'trap \\\"\\\" TERM; "
               "exec ...'\" (manual: Log rotation)";
    }
    if (text) {
        ur_findings_add(finder, s, ur_conftree_at(finder->pool, directive), text);
    }
}

void ur_findings_logs(struct ur_finder *finder, apr_hash_t *by_event)
{
    const ap_directive_t *drain =
        ur_conftree_last(finder->tree, finder->main_server, UR_CONFTREE_UPGRADE_TUNNEL_DRAIN);
    struct log_finder logs = {
        .finder = finder,
        .by_event = by_event,
        .logging = apr_hash_make(finder->pool),
        .drained = drain && strcmp(ur_conftree_word(finder->pool, drain, 0), "0") != 0,
    };

    if (apr_hash_count(by_event)) {
        ur_conftree_walk(finder->tree, note_log, &logs);
        ur_conftree_walk(finder->tree, find_lost_lines, &logs);
    }
}
