#ifndef UR_SETTING_H
#define UR_SETTING_H

#include "core/text/ur_span.h"

#include <stdint.h>

#include <httpd.h>
#include <http_config.h>

/* What the directives of both modules have in common. A returned message is in cmd->pool and
 * has one form: "Directive value: what is wrong; what would be right". NULL: no error. */

const char *ur_setting_complain(const cmd_parms *cmd, const char *value, const char *why);
const char *ur_setting_complain_of_span(const cmd_parms *cmd, struct ur_span value,
                                        const char *why);

/* Control characters are not allowed in any value. The message does not show them, because it
 * may be printed to a terminal. */
const char *ur_setting_check_control(const cmd_parms *cmd, const char *value);

/* The words of a closed list; the last one's word is NULL. */
struct ur_choice {
    const char *word;
    int value;
};

/* Finds the value of a word, in any case. */
const char *ur_setting_choose(const cmd_parms *cmd, const char *word,
                              const struct ur_choice *choices, int *value);

/* The range of a number. advice: an addition to the message, such as another directive for what
 * this one cannot do; or NULL. */
struct ur_range {
    uint64_t least;
    uint64_t most;
    const char *advice;
};

/* A whole number in the range. */
const char *ur_setting_number(const cmd_parms *cmd, const char *word,
                              const struct ur_range *range, uint64_t *number);

/* "name=value": the value if the argument has this name, in any case; otherwise NULL. */
const char *ur_setting_value_of(const char *argument, const char *name);

/* The value for the word none, which cancels the number of an outer section. */
#define UR_SETTING_NONE UINT64_MAX

/* Rows of directives whose value is one member of the section's configuration: the row is the
 * command's data and says where the member is and which values it may have. An enumeration
 * member has the size of an int. */
struct ur_choice_row {
    size_t offset;
    const struct ur_choice *choices;
};

struct ur_number_row {
    size_t offset; /* of a uint64_t */
    struct ur_range range;
    bool none; /* the word none is allowed */
};

/* The setters of such rows, for command_rec; the row's offsets refer to config. */
const char *ur_setting_set_choice(cmd_parms *cmd, void *config, const char *word);
const char *ur_setting_set_number(cmd_parms *cmd, void *config, const char *word);

#endif
