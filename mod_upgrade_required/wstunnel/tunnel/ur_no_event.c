#include "wstunnel/tunnel/ur_no_event.h"

#include "wstunnel/ur_module.h"

static const char *const sentences[UR_NO_EVENTS] = {
#define UR_NO_EVENT_ROW(name, sentence) [UR_NO_EVENT_##name] = (sentence),
#include "wstunnel/tunnel/no_event.def"
#undef UR_NO_EVENT_ROW
};

void ur_no_event_log(const request_rec *r, enum ur_no_event why)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "UR0027: no event tunnel: %s", sentences[why]);
}
