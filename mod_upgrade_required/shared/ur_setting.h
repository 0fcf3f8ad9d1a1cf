#ifndef UR_SETTING_H
#define UR_SETTING_H

#include "core/text/ur_span.h"

#include <stdint.h>

#include <httpd.h>
#include <http_config.h>

/* What the directives of both modules have in common. Where a function returns a message it is
 * in cmd->pool, in one shape: "Directive value: what is wrong, and what would be right"; NULL:
 * all is well. */

const char *ur_setting_complain(const cmd_parms *cmd, const char *value, const char *why);
const char *ur_setting_complain_of_span(const cmd_parms *cmd, struct ur_span value,
                                        const char *why);

/* Control characters have no place in any value. The message does not show them: it must not
 * carry them into a terminal. */
const char *ur_setting_check_control(const cmd_parms *cmd, const char *value);

/* The words of a closed list; the last one's word is NULL. */
struct ur_choice {
    const char *word;
    int value;
};

/* Finds the value of a word, in any case. */
const char *ur_setting_choose(const cmd_parms *cmd, const char *word,
                              const struct ur_choice *choices, int *value);

/* What a number may be. advice: what else the message says, such as another directive for what
 * this one cannot do; or NULL. */
struct ur_range {
    uint64_t least;
    uint64_t most;
    const char *advice;
};

/* A whole number in the range. */
const char *ur_setting_number(const cmd_parms *cmd, const char *word,
                              const struct ur_range *range, uint64_t *number);

/* "name=value": the value where the argument has this name, in any case; NULL where it has
 * another. */
const char *ur_setting_value_of(const char *argument, const char *name);

/* What a number is where the word none has been given for it, which lifts the number of an
 * outer section. */
#define UR_SETTING_NONE UINT64_MAX

/* Rows of directives whose value is one member of the section's configuration: such a row, as
 * the command's data, says where the member is and what it may be. A member of an enumeration
 * is as large as an int. */
struct ur_choice_row {
    size_t offset;
    const struct ur_choice *choices;
};

struct ur_number_row {
    size_t offset; /* of a uint64_t */
    struct ur_range range;
    bool none; /* none may be given */
};

/* The setters of such rows, for command_rec; config is what the row's offsets are of. */
const char *ur_setting_set_choice(cmd_parms *cmd, void *config, const char *word);
const char *ur_setting_set_number(cmd_parms *cmd, void *config, const char *word);

#endif
