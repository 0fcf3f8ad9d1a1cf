#include "httpd/ur_directives.h"

#include "httpd/ur_config.h"
#include "httpd/ur_module.h"
#include "values/ur_origin.h"
#include "values/ur_url.h"

#include <ap_expr.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>

/* A name goes into log lines and metric labels, so it stays short. */
#define NAME_MAX_LENGTH 64

static struct ur_server_config *server_config(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &upgrade_required_module);
}

/* .htaccess files are parsed while a request waits, into the request's pool. */
static bool in_htaccess(const cmd_parms *cmd)
{
    return cmd->pool == cmd->temp_pool;
}

/* To be called first by every setter of a section's directive. httpd would apply one inside
 * <Limit> to all methods. */
static const char *enter_section(cmd_parms *cmd, void *dir)
{
    struct ur_dir_config *config = dir;

    config->speaks = true;
    return ap_check_cmd_context(cmd, NOT_IN_LIMIT);
}

static const char *complain(const cmd_parms *cmd, const char *value, const char *why)
{
    return apr_psprintf(cmd->pool, "%s: '%s' %s", cmd->cmd->name, value, why);
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F) {
            return true;
        }
    }
    return false;
}

/* The value as given, but without its control characters: an error message must not
 * carry them into a terminal. */
static const char *complain_control(const cmd_parms *cmd, const char *value)
{
    char *shown = apr_pstrdup(cmd->pool, value);

    for (char *c = shown; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7F) {
            *c = '?';
        }
    }
    return complain(cmd, shown, "contains a control character; write printable text only");
}

static const char *at_line(const cmd_parms *cmd, const ap_directive_t *directive)
{
    return apr_psprintf(cmd->pool, "%s:%d", directive->filename, directive->line_num);
}

/* Requirements */

static const char *parse_requirements(const cmd_parms *cmd, int argc, char *const argv[],
                                      struct ur_rule *rule)
{
    struct ur_policy policy = {UR_TLS_NONE, UR_HTTP_ANY, false};
    bool none = argc == 1 && ur_span_is(ur_span_of(argv[0]), UR_SPAN("none"));

    if (argc == 0) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           ": needs none, or at most one of each: TLS, TLS/1.2 or TLS/1.3; "
                           "HTTP/1.1 or HTTP/2; WebSocket",
                           NULL);
    }
    if (rule->said) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           ": stands twice in one scope; write all requirements in one line",
                           NULL);
    }
    for (int i = 0; !none && i < argc; i++) {
        const char *why;
        if (has_control(argv[i])) {
            return complain_control(cmd, argv[i]);
        }
        why = ur_policy_add(&policy, ur_span_of(argv[i]));
        if (why) {
            return complain(cmd, argv[i], why);
        }
    }
    rule->said = true;
    rule->policy = policy;
    if (policy.tls && !in_htaccess(cmd) && !server_config(cmd)->tls_demanded_at) {
        server_config(cmd)->tls_demanded_at = at_line(cmd, cmd->directive);
    }
    return NULL;
}

static const char *set_floor(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_rule *floor = &server_config(cmd)->floor;

    (void)dir;
    floor->default_name = "floor";
    return parse_requirements(cmd, argc, argv, floor);
}

/* All <If>, <ElseIf> and <Else> sections have the same path, so they are told apart by where
 * they stand; the file's folder is not the client's business. */
static const char *section_name(const cmd_parms *cmd)
{
    const ap_directive_t *section = cmd->directive->parent;

    if (in_htaccess(cmd)) {
        return ".htaccess";
    }
    if (!cmd->path) {
        return "server";
    }
    if (section && strcmp(cmd->path, "*If") == 0) {
        return apr_psprintf(cmd->pool, "%s> %s:%d", section->directive,
                            apr_filepath_name_get(section->filename), section->line_num);
    }
    return cmd->path;
}

static const char *set_require(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_dir_config *config = dir;
    const char *error = enter_section(cmd, dir);

    if (error) {
        return error;
    }
    config->route.default_name = section_name(cmd);
    config->route.name_is_fixed = in_htaccess(cmd);
    return parse_requirements(cmd, argc, argv, &config->route);
}

/* Exceptions and messages */

static unsigned int expression_flags(const cmd_parms *cmd)
{
    unsigned int flags = AP_EXPR_FLAG_DONT_VARY;

    if (in_htaccess(cmd)) {
        flags |= AP_EXPR_FLAG_RESTRICTED;
#ifdef AP_EXPR_FLAG_RESTRICTED_FILE_FUNC
        flags |= AP_EXPR_FLAG_RESTRICTED_FILE_FUNC;
#endif
    }
    return flags;
}

static const char *parse_expression(const cmd_parms *cmd, const char *text,
                                    unsigned int more_flags, const ap_expr_info_t **parsed)
{
    const char *error = NULL;

    if (has_control(text)) {
        return complain_control(cmd, text);
    }
    *parsed = ap_expr_parse_cmd(cmd, text, expression_flags(cmd) | more_flags, &error, NULL);
    if (error) {
        return complain(cmd, text,
                        apr_psprintf(cmd->pool, "does not parse as an expression: %s", error));
    }
    return NULL;
}

static const char *add_exception(cmd_parms *cmd, const char *text, struct ur_rule *rule)
{
    const ap_expr_info_t *parsed = NULL;
    const char *error = parse_expression(cmd, text, 0, &parsed);

    if (error) {
        return error;
    }
    if (!rule->exceptions) {
        rule->exceptions = apr_array_make(cmd->pool, 2, sizeof parsed);
    }
    APR_ARRAY_PUSH(rule->exceptions, const ap_expr_info_t *) = parsed;
    return NULL;
}

static const char *set_floor_except(cmd_parms *cmd, void *dir, const char *text)
{
    (void)dir;
    return add_exception(cmd, text, &server_config(cmd)->floor);
}

static const char *set_except(cmd_parms *cmd, void *dir, const char *text)
{
    struct ur_dir_config *config = dir;
    const char *error = enter_section(cmd, dir);

    return error ? error : add_exception(cmd, text, &config->route);
}

static const char *set_message(cmd_parms *cmd, void *dir, const char *text)
{
    struct ur_dir_config *config = dir;
    const char *error = enter_section(cmd, dir);

    return error ? error
                 : parse_expression(cmd, text, AP_EXPR_FLAG_STRING_RESULT, &config->message);
}

/* Words of a closed list */

struct choice {
    const char *word;
    int value;
};

static const char *choose(cmd_parms *cmd, void *dir, const char *word,
                          const struct choice *choices, int *value)
{
    const char *right = NULL;
    const char *error = enter_section(cmd, dir);

    if (error) {
        return error;
    }
    if (has_control(word)) {
        return complain_control(cmd, word);
    }
    for (; choices->word; choices++) {
        if (ap_cstr_casecmp(word, choices->word) == 0) {
            *value = choices->value;
            return NULL;
        }
        right =
            right ? apr_pstrcat(cmd->pool, right, ", ", choices->word, NULL) : choices->word;
    }
    return complain(cmd, word, apr_pstrcat(cmd->pool, "is none of: ", right, NULL));
}

static const char *set_mode(cmd_parms *cmd, void *dir, const char *word)
{
    static const struct choice choices[] = {
        {"enforce", UR_MODE_ENFORCE}, {"off", UR_MODE_OFF}, {NULL, 0}};
    struct ur_dir_config *config = dir;
    int value = UR_MODE_UNSET;
    const char *error = choose(cmd, dir, word, choices, &value);

    config->mode = (enum ur_mode)value;
    return error;
}

static const char *set_redirect(cmd_parms *cmd, void *dir, const char *word)
{
    static const struct choice choices[] = {{"off", UR_REDIRECT_OFF},
                                            {"temporary", UR_REDIRECT_TEMPORARY},
                                            {"permanent", UR_REDIRECT_PERMANENT},
                                            {NULL, 0}};
    struct ur_dir_config *config = dir;
    int value = UR_REDIRECT_UNSET;
    const char *error = choose(cmd, dir, word, choices, &value);

    config->redirect = (enum ur_redirect)value;
    return error;
}

static const char *set_advertise(cmd_parms *cmd, void *dir, int on)
{
    struct ur_dir_config *config = dir;

    config->advertise = on ? UR_SWITCH_ON : UR_SWITCH_OFF;
    return enter_section(cmd, dir);
}

static const char *set_http2_answer(cmd_parms *cmd, void *dir, const char *word)
{
    static const struct choice choices[] = {{"426", UR_HTTP2_CHOICE_426},
                                            {"403", UR_HTTP2_CHOICE_403},
                                            {"reset", UR_HTTP2_CHOICE_RESET},
                                            {NULL, 0}};
    struct ur_dir_config *config = dir;
    int value = UR_HTTP2_CHOICE_UNSET;
    const char *error = choose(cmd, dir, word, choices, &value);

    config->http2_answer = (enum ur_http2_choice)value;
    return error;
}

/* What a handshake may ask for */

/* The two directives have no use for a server as a whole: WebSockets are routes. */
static const char *enter_route(cmd_parms *cmd, void *dir)
{
    if (!cmd->path) {
        return apr_pstrcat(
            cmd->pool, cmd->cmd->name,
            ": stands in <Location>, <Directory>, <Files>, <If> or .htaccess only", NULL);
    }
    return enter_section(cmd, dir);
}

/* The words, "any" standing alone for none of them. */
static const char *parse_words(cmd_parms *cmd, int argc, char *const argv[],
                               struct ur_words *words)
{
    struct ur_span *spans = apr_palloc(cmd->pool, sizeof *spans * (size_t)(argc ? argc : 1));

    if (argc == 0) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name, ": needs at least one word", NULL);
    }
    *words = (struct ur_words){0, spans};
    if (argc == 1 && ap_cstr_casecmp(argv[0], "any") == 0) {
        return NULL;
    }
    for (int i = 0; i < argc; i++) {
        if (has_control(argv[i])) {
            return complain_control(cmd, argv[i]);
        }
        if (ap_cstr_casecmp(argv[i], "any") == 0) {
            return complain(cmd, argv[i], "stands alone: it accepts everything");
        }
        spans[words->count++] = ur_span_of(argv[i]);
    }
    return NULL;
}

static const char *set_origin(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_dir_config *config = dir;
    struct ur_origins *origins = apr_pcalloc(cmd->pool, sizeof *origins);
    struct ur_words words;
    struct ur_span *listed = apr_palloc(cmd->pool, sizeof *listed * (size_t)(argc ? argc : 1));
    const char *error = enter_route(cmd, dir);

    if (!error) {
        error = parse_words(cmd, argc, argv, &words);
    }
    origins->listed.words = listed;
    for (size_t i = 0; !error && i < words.count; i++) {
        if (ur_span_is(words.words[i], UR_SPAN("same"))) {
            origins->same = true;
            continue;
        }
        error = ur_origin_complaint(words.words[i]);
        if (error) {
            return complain(cmd, argv[i], error);
        }
        listed[origins->listed.count++] = words.words[i];
    }
    config->origins = origins;
    return error;
}

static const char *set_protocol(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_dir_config *config = dir;
    struct ur_words *words = apr_pcalloc(cmd->pool, sizeof *words);
    const char *error = enter_route(cmd, dir);

    if (!error) {
        error = parse_words(cmd, argc, argv, words);
    }
    for (size_t i = 0; !error && i < words->count; i++) {
        if (*ap_scan_http_token(argv[i]) || !*argv[i]) {
            return complain(cmd, argv[i],
                            "is no name of a subprotocol; write a token such as chat.v2");
        }
    }
    config->subprotocols = words;
    return error;
}

/* Texts */

/* The URL is sent inside <> in a Link field and in an HTML attribute. */
static bool is_guide(apr_pool_t *pool, const char *url)
{
    apr_uri_t uri;

    if (url[0] == '/') {
        return url[1] != '/';
    }
    return apr_uri_parse(pool, url, &uri) == APR_SUCCESS && uri.scheme && uri.hostname &&
           *uri.hostname && !uri.user &&
           (ap_cstr_casecmp(uri.scheme, "https") == 0 ||
            ap_cstr_casecmp(uri.scheme, "http") == 0);
}

static const char *set_guide(cmd_parms *cmd, void *dir, const char *url)
{
    struct ur_dir_config *config = dir;

    if (has_control(url)) {
        return complain_control(cmd, url);
    }
    if (!is_guide(cmd->temp_pool, url)) {
        return complain(cmd, url,
                        "is no address of a guide; write https://host/path, or a path "
                        "on this server that begins with one slash");
    }
    if (!ur_url_clean(ur_span_of(url))) {
        return complain(cmd, url,
                        "contains a character that a URL cannot have; write it "
                        "percent-encoded");
    }
    config->guide = url;
    return enter_section(cmd, dir);
}

static const char *set_name(cmd_parms *cmd, void *dir, const char *name)
{
    struct ur_dir_config *config = dir;

    if (has_control(name)) {
        return complain_control(cmd, name);
    }
    if (strlen(name) > NAME_MAX_LENGTH) {
        return complain(cmd, name, "is no policy name; write one word of 1 to 64 characters");
    }
    for (const char *c = name; *c; c++) {
        if (!apr_isalnum(*c) && !strchr("._-/:", *c)) {
            return complain(cmd, name,
                            "is no policy name; write letters, digits and . _ - / : only");
        }
    }
    config->name = name;
    return enter_section(cmd, dir);
}

#define SERVER       RSRC_CONF
#define ANYWHERE     OR_FILEINFO
#define NOT_HTACCESS (RSRC_CONF | ACCESS_CONF)

const command_rec ur_directives[] = {
    AP_INIT_TAKE_ARGV(
        "UpgradeFloor", set_floor, NULL, SERVER,
        "none (default), or what every request to this server must speak: at most "
        "one of each of TLS, TLS/1.2, TLS/1.3; HTTP/1.1, HTTP/2; WebSocket"),
    AP_INIT_TAKE1("UpgradeFloorExcept", set_floor_except, NULL, SERVER,
                  "an expression; where it is true the floor does not apply; may repeat"),
    AP_INIT_TAKE_ARGV("UpgradeRequire", set_require, NULL, ANYWHERE,
                      "none (default), or what requests for this route must speak: words as "
                      "for UpgradeFloor"),
    AP_INIT_TAKE1("UpgradeExcept", set_except, NULL, ANYWHERE,
                  "an expression; where it is true UpgradeRequire does not apply; may repeat"),
    AP_INIT_TAKE1("UpgradeMode", set_mode, NULL, ANYWHERE,
                  "enforce (default) or off: whether unmet policies refuse"),
    AP_INIT_TAKE1("UpgradeGuide", set_guide, NULL, ANYWHERE,
                  "the URL of a page that explains the migration; default none"),
    AP_INIT_TAKE1("UpgradeMessage", set_message, NULL, ANYWHERE,
                  "a string expression that replaces the sentence a refused client reads"),
    AP_INIT_TAKE1("UpgradeName", set_name, NULL, NOT_HTACCESS,
                  "the policy's name in logs and answers; default floor, server, or the "
                  "section's path"),
    AP_INIT_TAKE1(
        "UpgradeRedirect", set_redirect, NULL, ANYWHERE,
        "off (default), temporary or permanent: send a GET or HEAD in clear on to https"),
    AP_INIT_FLAG("UpgradeAdvertise", set_advertise, NULL, ANYWHERE,
                 "on (default), or off: no Upgrade field in answers, and 403 instead of 426"),
    AP_INIT_TAKE1("UpgradeHTTP2Answer", set_http2_answer, NULL, ANYWHERE,
                  "426 (default), 403 or reset: what a refused HTTP/2 request gets"),
    AP_INIT_TAKE_ARGV("UpgradeWebSocketOrigin", set_origin, NULL, ANYWHERE,
                      "any (default), same, or the origins whose pages may open a WebSocket"),
    AP_INIT_TAKE_ARGV("UpgradeWebSocketProtocol", set_protocol, NULL, ANYWHERE,
                      "any (default), or the subprotocols of which a handshake must offer one"),
    {.name = NULL},
};
