#include "shared/ur_setting.h"

#include <errno.h>

#include <apr_lib.h>
#include <apr_strings.h>

const char *ur_setting_complain(const cmd_parms *cmd, const char *value, const char *why)
{
    const char *quote = *value && !strchr(value, ' ') ? "" : "\"";

    return apr_psprintf(cmd->pool, "%s %s%s%s: %s", cmd->cmd->name, quote, value, quote, why);
}

const char *ur_setting_complain_of_span(const cmd_parms *cmd, struct ur_span value,
                                        const char *why)
{
    return ur_setting_complain(
        cmd, value.len ? apr_pstrmemdup(cmd->pool, value.at, value.len) : "", why);
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

const char *ur_setting_check_control(const cmd_parms *cmd, const char *value)
{
    char *shown = apr_pstrdup(cmd->temp_pool, value);
    bool found = false;

    for (char *c = shown; *c; c++) {
        if (is_control(*c)) {
            *c = '?';
            found = true;
        }
    }
    return found
               ? ur_setting_complain(
                     cmd, shown, "contains a control character; use printable characters only")
               : NULL;
}

static const char *list_of(apr_pool_t *pool, const struct ur_choice *choices)
{
    const char *list = choices->word;

    while ((++choices)->word) {
        list = apr_pstrcat(pool, list, ", ", choices->word, NULL);
    }
    return list;
}

const char *ur_setting_choose(const cmd_parms *cmd, const char *word,
                              const struct ur_choice *choices, int *value)
{
    const char *error = ur_setting_check_control(cmd, word);

    if (error) {
        return error;
    }
    for (const struct ur_choice *choice = choices; choice->word; choice++) {
        if (ap_cstr_casecmp(word, choice->word) == 0) {
            *value = choice->value;
            return NULL;
        }
    }
    return ur_setting_complain(
        cmd, word,
        apr_pstrcat(cmd->temp_pool, "must be one of ", list_of(cmd->temp_pool, choices), NULL));
}

static const char *range_of(apr_pool_t *pool, const struct ur_range *range)
{
    return apr_psprintf(
        pool, "must be a whole number from %" APR_UINT64_T_FMT " to %" APR_UINT64_T_FMT "%s%s",
        range->least, range->most, range->advice ? "; " : "",
        range->advice ? range->advice : "");
}

const char *ur_setting_number(const cmd_parms *cmd, const char *word,
                              const struct ur_range *range, uint64_t *number)
{
    const char *error = ur_setting_check_control(cmd, word);
    char *end;
    apr_int64_t value;

    if (error) {
        return error;
    }
    errno = 0;
    value = apr_strtoi64(word, &end, 10);
    if (errno || !apr_isdigit(*word) || *end || value < 0 || (uint64_t)value < range->least ||
        (uint64_t)value > range->most) {
        return ur_setting_complain(cmd, word, range_of(cmd->temp_pool, range));
    }
    *number = (uint64_t)value;
    return NULL;
}

const char *ur_setting_value_of(const char *argument, const char *name)
{
    size_t len = strlen(name);

    return ap_cstr_casecmpn(argument, name, len) == 0 && argument[len] == '='
               ? argument + len + 1
               : NULL;
}

static void *member(void *config, size_t offset)
{
    return (char *)config + offset;
}

const char *ur_setting_set_choice(cmd_parms *cmd, void *config, const char *word)
{
    const struct ur_choice_row *row = cmd->info;

    return ur_setting_choose(cmd, word, row->choices, member(config, row->offset));
}

const char *ur_setting_set_number(cmd_parms *cmd, void *config, const char *word)
{
    const struct ur_number_row *row = cmd->info;

    if (row->none && ap_cstr_casecmp(word, "none") == 0) {
        *(uint64_t *)member(config, row->offset) = UR_SETTING_NONE;
        return NULL;
    }
    return ur_setting_number(cmd, word, &row->range, member(config, row->offset));
}
