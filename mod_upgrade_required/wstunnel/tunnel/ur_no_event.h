#ifndef UR_NO_EVENT_H
#define UR_NO_EVENT_H

#include <httpd.h>

/* Why a worker thread carries a tunnel, or nothing does. The sentences are in no_event.def. */
enum ur_no_event {
    UR_NO_EVENT_NONE, /* an event tunnel can carry it */
#define UR_NO_EVENT_ROW(name, sentence) UR_NO_EVENT_##name,
#include "wstunnel/tunnel/no_event.def"
#undef UR_NO_EVENT_ROW
    UR_NO_EVENTS
};

/* For the log of r, at debug. */
void ur_no_event_log(const request_rec *r, enum ur_no_event why);

#endif
