#include "required/config/ur_setters.h"

#include "required/config/ur_command.h"
#include "core/text/ur_url.h"

#include <apr_strings.h>
#include <apr_uri.h>

const char *ur_set_message(cmd_parms *cmd, void *dir, const char *text)
{
    struct ur_dir_config *config = dir;
    struct ur_message *message = apr_palloc(cmd->pool, sizeof *message);
    const char *error = ur_command_enter(cmd, dir);

    message->text = text;
    config->message = message;
    return error ? error
                 : ur_command_parse_expression(cmd, text, AP_EXPR_FLAG_STRING_RESULT,
                                               &message->expression);
}

/* The URL is sent inside <> in a Link header and in an HTML attribute. */
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
    const char *error = ur_setting_check_control(cmd, url);

    if (error) {
        return error;
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
    return ur_command_enter(cmd, dir);
}
