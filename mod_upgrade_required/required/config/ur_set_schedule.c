#include "required/config/ur_setters.h"

#include "required/config/ur_command.h"
#include "shared/ur_text.h"

#include <apr_strings.h>

/* UpgradeMode */

static const char *parse_date(const cmd_parms *cmd, const char *argument, const char *text,
                              int64_t *date)
{
    const char *error = ur_setting_check_control(cmd, argument);

    if (error) {
        return error;
    }
    if (*date != UR_TIME_ALWAYS) {
        return ur_setting_complain(cmd, argument,
                                   "may be given only once; remove one of the two");
    }
    error = ur_time_parse(ur_span_of(text), date);
    return error ? ur_setting_complain(cmd, argument, error) : NULL;
}

static const char *parse_dates(const cmd_parms *cmd, int argc, char *const argv[],
                               struct ur_mode_setting *mode)
{
    const char *error = NULL;

    for (int i = 0; !error && i < argc; i++) {
        const char *from = ur_setting_value_of(argv[i], "from");
        const char *since = ur_setting_value_of(argv[i], "since");
        if (from) {
            error = parse_date(cmd, argv[i], from, &mode->from);
        }
        else if (since) {
            error = parse_date(cmd, argv[i], since, &mode->since);
        }
        else if (!(error = ur_setting_check_control(cmd, argv[i]))) {
            error = ur_setting_complain(cmd, argv[i],
                                        "unknown argument; use from=TIME or since=TIME");
        }
    }
    return error;
}

static const char *check_dates(const cmd_parms *cmd, const struct ur_mode_setting *mode)
{
    if (mode->from == UR_TIME_ALWAYS) {
        return NULL;
    }
    if (mode->mode == UR_MODE_ANNOUNCE) {
        return ur_setting_complain(cmd, "from=",
                                   "not allowed with announce, which has no end; to announce "
                                   "until a date use UpgradeMode enforce from=TIME");
    }
    if (mode->since != UR_TIME_ALWAYS && mode->from < mode->since) {
        return ur_setting_complain(
            cmd, "from=",
            "must not be before since=, because requests cannot be refused before the "
            "deprecation; use a later from= or an earlier since=");
    }
    return NULL;
}

/* The dates as responses spell them: composed once, not for each response. */
static void spell_dates(apr_pool_t *pool, struct ur_mode_setting *mode)
{
    if (mode->since != UR_TIME_ALWAYS) {
        mode->deprecation = apr_psprintf(pool, "@%" APR_INT64_T_FMT, (apr_int64_t)mode->since);
    }
    if (mode->from != UR_TIME_ALWAYS) {
        mode->enforced_from = ur_text_time(pool, mode->from);
        mode->sunset = ur_text_http_date(pool, mode->from);
    }
}

const char *ur_set_mode(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    static const struct ur_choice choices[] = {{"enforce", UR_MODE_ENFORCE},
                                               {"announce", UR_MODE_ANNOUNCE},
                                               {"off", UR_MODE_OFF},
                                               {NULL, 0}};
    struct ur_dir_config *config = dir;
    struct ur_mode_setting *mode = apr_pcalloc(cmd->pool, sizeof *mode);
    int value = UR_MODE_UNSET;
    const char *error = ur_command_enter(cmd, dir);

    if (!error) {
        error = ur_setting_choose(cmd, argc ? argv[0] : "", choices, &value);
    }
    mode->mode = (enum ur_mode)value;
    mode->at = ur_command_at_line(cmd, cmd->directive);
    mode->from = UR_TIME_ALWAYS;
    mode->since = UR_TIME_ALWAYS;
    if (!error) {
        error = parse_dates(cmd, argc - 1, argv + 1, mode);
    }
    if (!error) {
        error = check_dates(cmd, mode);
    }
    if (!error) {
        spell_dates(cmd->pool, mode);
    }
    config->mode = mode;
    return error;
}

/* UpgradeBrownout */

struct brownout_arguments {
    struct ur_span interval;
    struct ur_span every;
    struct ur_span lasts;
};

static const char *sort_arguments(const cmd_parms *cmd, int argc, char *const argv[],
                                  struct brownout_arguments *arguments)
{
    for (int i = 0; i < argc; i++) {
        const char *every = ur_setting_value_of(argv[i], "every");
        const char *lasts = ur_setting_value_of(argv[i], "for");
        struct ur_span *argument = every   ? &arguments->every
                                   : lasts ? &arguments->lasts
                                           : &arguments->interval;
        const char *error = ur_setting_check_control(cmd, argv[i]);
        if (error) {
            return error;
        }
        if (ur_span_present(*argument)) {
            return ur_setting_complain(cmd, argv[i],
                                       "unexpected argument; use start/end [every=DURATION "
                                       "for=DURATION], and one directive per interval");
        }
        *argument = ur_span_of(every ? every : lasts ? lasts : argv[i]);
    }
    return NULL;
}

const char *ur_set_brownout(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_dir_config *config = dir;
    struct brownout_arguments arguments = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    struct ur_brownout brownout;
    struct ur_span culprit;
    const char *error = ur_command_enter(cmd, dir);

    if (!error) {
        error = sort_arguments(cmd, argc, argv, &arguments);
    }
    if (error) {
        return error;
    }
    error = ur_schedule_parse_brownout(arguments.interval, arguments.every, arguments.lasts,
                                       &brownout, &culprit);
    if (error) {
        return ur_setting_complain_of_span(cmd, culprit, error);
    }
    brownout.at = ur_command_at_line(cmd, cmd->directive);
    if (!config->brownouts) {
        config->brownouts = apr_array_make(cmd->pool, 2, sizeof brownout);
    }
    APR_ARRAY_PUSH(config->brownouts, struct ur_brownout) = brownout;
    return NULL;
}
