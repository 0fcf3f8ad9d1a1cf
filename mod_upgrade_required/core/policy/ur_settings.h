#ifndef UR_SETTINGS_H
#define UR_SETTINGS_H

#include "core/policy/ur_schedule.h"

/* What an administrator configures for requests that do not meet their policy. In every type 0
 * means "not set", with the effect of the manual's default: a zeroed struct is a server without
 * any of these directives. */

/* UpgradeRedirect; not set: off. */
enum ur_redirect {
    UR_REDIRECT_UNSET,
    UR_REDIRECT_OFF,
    UR_REDIRECT_TEMPORARY,
    UR_REDIRECT_PERMANENT
};

/* UpgradeAdvertise: whether Upgrade may be sent; not set: on. */
enum ur_advertise { UR_ADVERTISE_UNSET, UR_ADVERTISE_ON, UR_ADVERTISE_OFF };

/* UpgradePhrase: whether the reason phrase says what is required; not set: off. */
enum ur_phrase { UR_PHRASE_UNSET, UR_PHRASE_ON, UR_PHRASE_OFF };

/* UpgradeHTTP2Answer: the response to a refused HTTP/2 request; not set: 426. */
enum ur_http2_answer {
    UR_HTTP2_UNSET,
    UR_HTTP2_426,
    UR_HTTP2_403,
    UR_HTTP2_RESET /* stream error HTTP_1_1_REQUIRED, if HTTP/1.1 would help */
};

struct ur_settings {
    struct ur_schedule schedule;
    enum ur_redirect redirect;
};

#endif
