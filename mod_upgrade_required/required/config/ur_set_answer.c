#include "required/config/ur_setters.h"

#include "required/config/ur_setting.h"
#include "core/text/ur_url.h"

#include <apr_strings.h>
#include <apr_uri.h>

const char *ur_set_message(cmd_parms *cmd, void *dir, const char *text)
{
    struct ur_dir_config *config = dir;
    struct ur_message *message = apr_palloc(cmd->pool, sizeof *message);
    const char *error = ur_setting_enter(cmd, dir);

    message->text = text;
    config->message = message;
    return error ? error
                 : ur_setting_parse_expression(cmd, text, AP_EXPR_FLAG_STRING_RESULT,
                                               &message->expression);
}

const char *ur_set_redirect(cmd_parms *cmd, void *dir, const char *word)
{
    static const struct ur_choice choices[] = {{"off", UR_REDIRECT_OFF},
                                               {"temporary", UR_REDIRECT_TEMPORARY},
                                               {"permanent", UR_REDIRECT_PERMANENT},
                                               {NULL, 0}};
    struct ur_dir_config *config = dir;
    int value = UR_REDIRECT_UNSET;
    const char *error = ur_setting_choose(cmd, dir, word, choices, &value);

    config->redirect = (enum ur_redirect)value;
    return error;
}

const char *ur_set_advertise(cmd_parms *cmd, void *dir, int on)
{
    struct ur_dir_config *config = dir;

    config->advertise = on ? UR_SWITCH_ON : UR_SWITCH_OFF;
    return ur_setting_enter(cmd, dir);
}

const char *ur_set_http2_answer(cmd_parms *cmd, void *dir, const char *word)
{
    static const struct ur_choice choices[] = {{"426", UR_HTTP2_CHOICE_426},
                                               {"403", UR_HTTP2_CHOICE_403},
                                               {"reset", UR_HTTP2_CHOICE_RESET},
                                               {NULL, 0}};
    struct ur_dir_config *config = dir;
    int value = UR_HTTP2_CHOICE_UNSET;
    const char *error = ur_setting_choose(cmd, dir, word, choices, &value);

    config->http2_answer = (enum ur_http2_choice)value;
    return error;
}

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

const char *ur_set_guide(cmd_parms *cmd, void *dir, const char *url)
{
    struct ur_dir_config *config = dir;

    if (ur_setting_has_control(url)) {
        return ur_setting_complain_control(cmd, url);
    }
    if (!is_guide(cmd->temp_pool, url)) {
        return ur_setting_complain(cmd, url,
                                   "not a valid guide; use https://host/path, or a path on "
                                   "this server that begins with a single slash");
    }
    if (!ur_url_clean(ur_span_of(url))) {
        return ur_setting_complain(
            cmd, url, "contains a character that is not allowed in a URL; percent-encode it");
    }
    config->guide = url;
    return ur_setting_enter(cmd, dir);
}
