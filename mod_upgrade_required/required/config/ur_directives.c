#include "required/config/ur_directives.h"

#include "required/config/ur_command.h"
#include "required/config/ur_setters.h"

#define UR_WORDS(...)                                                                          \
    {                                                                                          \
        __VA_ARGS__,                                                                           \
        {                                                                                      \
            NULL, 0                                                                            \
        }                                                                                      \
    }

#define UR_CHOICE(type, member, name, where, words, help)                                      \
    _Static_assert(sizeof(type) == sizeof(int), name);                                         \
    static const struct ur_choice member##_choices[] = UR_WORDS words;                         \
    static const struct ur_choice_row member##_row = {offsetof(struct ur_dir_config, member),  \
                                                      member##_choices};
#include "required/config/directives.def"

/* A command's data has no const in httpd; these are never written to. */
#define UR_CHOICE(type, member, name, where, words, help)                                      \
    AP_INIT_TAKE1(name, ur_command_set_choice, (void *)&member##_row, where, help),
#define UR_VALUE(type, member, name, take, setter, where, help)                                \
    AP_INIT_##take(name, setter, NULL, where, help),
#define UR_COMMAND(name, take, setter, where, help)                                            \
    AP_INIT_##take(name, setter, NULL, where, help),

const command_rec ur_directives[] = {
#include "required/config/directives.def"
    {.name = NULL},
};
