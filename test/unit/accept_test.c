#include "tap.h"

#include "wording/ur_accept.h"

static const struct {
    const char *accept;
    enum ur_media media;
} cases[] = {
    {NULL, UR_MEDIA_JSON},
    {"", UR_MEDIA_JSON},
    {"*/*", UR_MEDIA_JSON},
    {"application/json", UR_MEDIA_JSON},
    {"application/problem+json", UR_MEDIA_JSON},
    {"application/*", UR_MEDIA_JSON},
    {"text/html", UR_MEDIA_HTML},
    {"TEXT/HTML", UR_MEDIA_HTML},
    {"text/html;charset=utf-8", UR_MEDIA_HTML},
    {"text/plain", UR_MEDIA_TEXT},
    {"text/*", UR_MEDIA_HTML},
    {"text/*, text/html;q=0", UR_MEDIA_TEXT},
    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", UR_MEDIA_HTML},
    {"text/plain;q=0.5, text/html;q=0.6", UR_MEDIA_HTML},
    {"text/plain;q=0.601, text/html;q=0.6", UR_MEDIA_TEXT},
    {"text/html ; q = 0.1 , text/plain;q=0.2", UR_MEDIA_TEXT},
    {"text/plain;x=1;q=0.9, text/html;q=0.8", UR_MEDIA_TEXT},
    {"application/json;q=0.2, text/plain;q=0.1", UR_MEDIA_JSON},
    {"application/json, application/problem+json;q=0, text/plain;q=0.3", UR_MEDIA_TEXT},
    {"*/*;q=0.5, application/json;q=0.1, text/plain;q=0.4", UR_MEDIA_HTML},
    {"text/html, application/json", UR_MEDIA_JSON},
    {"*/*;q=0", UR_MEDIA_JSON},
    {"image/png", UR_MEDIA_JSON},
    {"text/html;q=0", UR_MEDIA_JSON},
    {"text/html;q=1.001, text/plain;q=0.1", UR_MEDIA_TEXT},
    {"text/html;q=-1, text/plain;q=0.1", UR_MEDIA_TEXT},
    {"text/html;q=, text/plain;q=0.1", UR_MEDIA_TEXT},
    {"text/html;q=0.1234, text/plain;q=0.1", UR_MEDIA_TEXT},
    {"text/html;q=abc, text/plain;q=0.1", UR_MEDIA_TEXT},
    {"text/html;q=1., text/plain", UR_MEDIA_HTML},
    {"text", UR_MEDIA_JSON},
    {"/html", UR_MEDIA_JSON},
    {"text/", UR_MEDIA_JSON},
    {"*/html", UR_MEDIA_JSON},
    {";;;,,,;q=1", UR_MEDIA_JSON},
};

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        is(ur_media_type(ur_accept_choose(edge(cases[i].accept))),
           ur_media_type(cases[i].media), cases[i].accept ? cases[i].accept : "absent");
    }
    return tap_done();
}
