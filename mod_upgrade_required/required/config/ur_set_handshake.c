#include "required/config/ur_setters.h"

#include "required/config/ur_command.h"

#include <apr_strings.h>

/* The two directives have no use for a server as a whole: WebSockets are routes. */
static const char *enter_route(cmd_parms *cmd, void *dir)
{
    if (!cmd->path) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           ": not allowed outside a section; use it in <Location>, "
                           "<Directory>, <Files>, <If> or .htaccess",
                           NULL);
    }
    return ur_command_enter(cmd, dir);
}

/* The words, "any" standing alone for none of them. */
static const char *parse_words(cmd_parms *cmd, int argc, char *const argv[],
                               struct ur_words *words)
{
    struct ur_span *spans = apr_palloc(cmd->pool, sizeof *spans * (size_t)(argc ? argc : 1));

    if (argc == 0) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           ": requires at least one argument; use any to accept all", NULL);
    }
    *words = (struct ur_words){0, spans};
    if (argc == 1 && ap_cstr_casecmp(argv[0], "any") == 0) {
        return NULL;
    }
    for (int i = 0; i < argc; i++) {
        const char *error = ur_setting_check_control(cmd, argv[i]);
        if (error) {
            return error;
        }
        if (ap_cstr_casecmp(argv[i], "any") == 0) {
            return ur_setting_complain(
                cmd, argv[i], "must be the only argument, because it accepts everything");
        }
        spans[words->count++] = ur_span_of(argv[i]);
    }
    return NULL;
}

const char *ur_set_origin(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_dir_config *config = dir;
    struct ur_origins *origins = apr_pcalloc(cmd->pool, sizeof *origins);
    struct ur_words words;
    struct ur_origin *listed =
        apr_palloc(cmd->pool, sizeof *listed * (size_t)(argc ? argc : 1));
    const char *error = enter_route(cmd, dir);

    if (!error) {
        error = parse_words(cmd, argc, argv, &words);
    }
    origins->listed = listed;
    for (size_t i = 0; !error && i < words.count; i++) {
        if (ur_span_is(words.words[i], UR_SPAN("same"))) {
            origins->same = true;
            continue;
        }
        error = ur_origin_pattern(words.words[i], &listed[origins->count]);
        if (error) {
            return ur_setting_complain(cmd, argv[i], error);
        }
        origins->count++;
    }
    config->origins = origins;
    return error;
}

const char *ur_set_protocol(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_dir_config *config = dir;
    struct ur_words *words = apr_pcalloc(cmd->pool, sizeof *words);
    const char *error = enter_route(cmd, dir);

    if (!error) {
        error = parse_words(cmd, argc, argv, words);
    }
    for (size_t i = 0; !error && i < words->count; i++) {
        if (*ap_scan_http_token(argv[i]) || !*argv[i]) {
            return ur_setting_complain(cmd, argv[i],
                                       "not a subprotocol name; use a token such as chat.v2");
        }
    }
    config->subprotocols = words;
    return error;
}
