#include "tap.h"

#include "core/response/ur_accept.h"
#include "core/probe/ur_probe.h"
#include "core/metrics/ur_report.h"

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
    {"*/*, text/html", UR_MEDIA_HTML},
    {"text/*, */*", UR_MEDIA_HTML},
    {"text/plain, text/*", UR_MEDIA_TEXT},
    {"text/plain, application/*", UR_MEDIA_TEXT},
    {"text/html, application/*, application/problem+json", UR_MEDIA_JSON},
    {"text/html;q=0.5, */*;q=0.5", UR_MEDIA_HTML},
    {"text/html;q=0.5, */*;q=0.501", UR_MEDIA_JSON},
    {"text/html;q=0, text/plain;q=0", UR_MEDIA_JSON},
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

/* What real clients send, and what each gets from the three users of the negotiation: a refusal
 * (JSON, HTML, text), the probe (text, HTML, JSON), the counters (HTML, JSON, OpenMetrics,
 * Prometheus). Where an order of q values or a name decides, that; else the first of each. */
#define REFUSED_JSON UR_MEDIA_JSON, UR_PROBE_TEXT, UR_REPORT_HTML
#define ALL_HTML     UR_MEDIA_HTML, UR_PROBE_HTML, UR_REPORT_HTML
#define ALL_JSON     UR_MEDIA_JSON, UR_PROBE_JSON, UR_REPORT_JSON

static const struct {
    const char *client;
    const char *accept;
    enum ur_media media;
    enum ur_probe_form probe;
    enum ur_report_form report;
    const char *why;
} clients[] = {
    /* Browsers, a page */
    {"Chrome, Edge",
     "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
     "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
     ALL_HTML, "q"},
    {"Chrome 5",
     "application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,"
     "*/*;q=0.5",
     ALL_HTML, "q"},
    {"Firefox 132", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ALL_HTML,
     "q"},
    {"Firefox 92",
     "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
     ALL_HTML, "q"},
    {"Firefox 2",
     "text/xml,application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/"
     "png,"
     "*/*;q=0.5",
     ALL_HTML, "q"},
    {"Safari", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ALL_HTML,
     "q"},
    {"Safari 4",
     "application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,"
     "*/*;q=0.5",
     ALL_HTML, "q"},
    {"Internet Explorer 9 to 11", "text/html, application/xhtml+xml, */*", ALL_HTML, "named"},
    {"Internet Explorer 11, Windows 10", "text/html, application/xhtml+xml, image/jxr, */*",
     ALL_HTML, "named"},
    {"Edge Legacy 12", "text/html, application/xhtml+xml, image/jxr, */*", ALL_HTML, "named"},
    {"Edge Legacy 18", "text/html, application/xhtml+xml, application/xml; q=0.9, */*; q=0.8",
     ALL_HTML, "q"},
    {"Internet Explorer 8",
     "image/gif, image/jpeg, image/pjpeg, application/x-ms-application, application/xaml+xml, "
     "application/x-ms-xbap, */*",
     REFUSED_JSON, "the first, all are equal"},
    {"Opera 12",
     "text/html, application/xml;q=0.9, application/xhtml+xml, image/png, image/webp, "
     "image/jpeg, image/gif, image/x-xbitmap, */*;q=0.1",
     ALL_HTML, "q"},
    {"Konqueror 4",
     "text/html, text/*;q=0.9, image/jpeg;q=0.9, image/png;q=0.9, image/*;q=0.9, */*;q=0.8",
     ALL_HTML, "q"},
    {"w3m", "text/html, application/xhtml+xml, */*", ALL_HTML, "named"},
    {"w3m with a mailcap", "text/html, text/*;q=0.5, image/*, application/*, video/*, audio/*",
     ALL_HTML, "named"},
    {"Lynx", "text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01",
     UR_MEDIA_HTML, UR_PROBE_TEXT, UR_REPORT_HTML, "the first of two names"},
    {"Links, ELinks", "*/*", REFUSED_JSON, "the first"},
    {"Dillo", "text/*,image/*,*/*;q=0.2", UR_MEDIA_HTML, UR_PROBE_TEXT, UR_REPORT_HTML,
     "the first of text"},
    {"Turbo", "text/html, application/xhtml+xml", ALL_HTML, "q"},
    {"Turbo, a form", "text/vnd.turbo-stream.html, text/html, application/xhtml+xml", ALL_HTML,
     "q"},

    /* Browsers, a part of a page */
    {"fetch, XMLHttpRequest, a script", "*/*", REFUSED_JSON, "the first"},
    {"Chrome, an image", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
     REFUSED_JSON, "the first"},
    {"Firefox, an image", "image/avif,image/webp,*/*", REFUSED_JSON, "the first"},
    {"Safari, a video",
     "video/webm,video/ogg,video/*;q=0.9,application/ogg;q=0.7,audio/*;q=0.6,"
     "*/*;q=0.5",
     REFUSED_JSON, "the first"},
    {"a style sheet", "text/css,*/*;q=0.1", REFUSED_JSON, "the first"},
    {"EventSource", "text/event-stream", REFUSED_JSON, "nothing fits"},
    {"a manifest", "application/manifest+json,*/*;q=0.8", REFUSED_JSON, "the first"},
    {"jQuery", "*/*", REFUSED_JSON, "the first"},
    {"jQuery, json", "application/json, text/javascript, */*; q=0.01", ALL_JSON, "q"},
    {"jQuery, html", "text/html, */*; q=0.01", ALL_HTML, "q"},
    {"jQuery, text", "text/plain, */*; q=0.01", UR_MEDIA_TEXT, UR_PROBE_TEXT,
     UR_REPORT_PROMETHEUS, "q"},
    {"jQuery, xml", "application/xml, text/xml, */*; q=0.01", REFUSED_JSON, "the first"},
    {"jQuery, script",
     "text/javascript, application/javascript, application/ecmascript, "
     "application/x-ecmascript, */*; q=0.01",
     REFUSED_JSON, "the first"},
    {"Prototype, MooTools", "text/javascript, text/html, application/xml, text/xml, */*",
     ALL_HTML, "named"},
    {"Rails UJS",
     "*/*;q=0.5, text/javascript, application/javascript, application/ecmascript, "
     "application/x-ecmascript",
     REFUSED_JSON, "the first"},
    {"axios, Angular", "application/json, text/plain, */*", UR_MEDIA_JSON, UR_PROBE_TEXT,
     UR_REPORT_JSON, "the first of two names"},
    {"Apollo", "application/graphql-response+json,application/json;q=0.9", ALL_JSON, "q"},
    {"Relay, fetch with json", "application/json", ALL_JSON, "named"},

    /* Programs and libraries */
    {"curl, Wget, HTTPie, requests, httpx, aiohttp, Node's fetch, Postman, Net::HTTP", "*/*",
     REFUSED_JSON, "the first"},
    {"got, superagent, Node's http, HTTP::Tiny, OkHttp, HttpClient of Java and .NET, Go, "
     "Guzzle, LWP, urllib, ws",
     NULL, REFUSED_JSON, "the first"},
    {"HTTPie, json", "application/json, */*;q=0.5", ALL_JSON, "q"},
    {"HTTPie 0.9, json", "application/json, */*", ALL_JSON, "named"},
    {"got, json", "application/json", ALL_JSON, "named"},
    {"HttpURLConnection of Java 8", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
     ALL_HTML, "q"},
    {"HttpURLConnection of Java 17.0.15", "text/html, image/gif, image/jpeg, */*; q=0.2",
     ALL_HTML, "q"},
    {"Spring RestTemplate", "application/json, application/*+json", ALL_JSON, "named"},
    {"Spring RestTemplate, a string", "text/plain, */*", UR_MEDIA_TEXT, UR_PROBE_TEXT,
     UR_REPORT_PROMETHEUS, "named"},
    {"Spring RestTemplate, a string, with Jackson",
     "text/plain, application/json, application/*+json, */*", UR_MEDIA_JSON, UR_PROBE_TEXT,
     UR_REPORT_JSON, "the first of two names"},
    {"JSON:API", "application/vnd.api+json", REFUSED_JSON, "nothing fits"},
    {"Octokit", "application/vnd.github.v3+json", REFUSED_JSON, "nothing fits"},
    {"kubectl", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json", ALL_JSON,
     "named"},
    {"apt", "text/*", UR_MEDIA_HTML, UR_PROBE_TEXT, UR_REPORT_HTML, "the first of text"},
    {"git, discovery", "*/*", REFUSED_JSON, "the first"},
    {"git, fetch", "application/x-git-upload-pack-result", REFUSED_JSON, "nothing fits"},
    {"containerd", "application/vnd.docker.distribution.manifest.v2+json, */*", REFUSED_JSON,
     "the first"},
    {"pip",
     "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, "
     "text/html; q=0.01",
     ALL_HTML, "q"},
    {"npm", "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*",
     UR_MEDIA_HTML, UR_PROBE_TEXT, UR_REPORT_HTML, "q: it wants anything more than JSON"},

    /* Robots and readers */
    {"Googlebot",
     "text/html,application/xhtml+xml,application/signed-exchange;v=b3,application/xml;q=0.9,"
     "*/*;q=0.8",
     ALL_HTML, "q"},
    {"bingbot, facebookexternalhit", "*/*", REFUSED_JSON, "the first"},
    {"Miniflux",
     "application/xml, application/atom+xml, application/rss+xml, application/rdf+xml, "
     "application/feed+json, text/html, */*;q=0.9",
     ALL_HTML, "q"},
    {"Liferea", "application/atom+xml,application/xml;q=0.9,text/xml;q=0.8,*/*;q=0.7",
     REFUSED_JSON, "the first"},

    /* Monitoring */
    {"Prometheus 3",
     "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
     "application/openmetrics-text;version=0.0.1;q=0.5,"
     "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
     "*/*;q=0.2",
     UR_MEDIA_TEXT, UR_PROBE_TEXT, UR_REPORT_OPENMETRICS, "q"},
    {"Prometheus 2, native histograms",
     "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
     "encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,"
     "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/"
     "*;q=0.2",
     UR_MEDIA_TEXT, UR_PROBE_TEXT, UR_REPORT_OPENMETRICS, "q"},
    {"Prometheus 2.0", "text/plain;version=0.0.4;q=1,*/*;q=0.1", UR_MEDIA_TEXT, UR_PROBE_TEXT,
     UR_REPORT_PROMETHEUS, "q"},
    {"a scraper without q values", "application/openmetrics-text, text/plain, */*",
     UR_MEDIA_TEXT, UR_PROBE_TEXT, UR_REPORT_OPENMETRICS, "named"},
    {"OpenMetrics or anything",
     "application/openmetrics-text; version=1.0.0; charset=utf-8, */*", UR_MEDIA_JSON,
     UR_PROBE_TEXT, UR_REPORT_OPENMETRICS, "named"},
};

static void test_clients(void)
{
    for (size_t i = 0; i < COUNT(clients); i++) {
        struct ur_span accept = edge(clients[i].accept);
        char name[256];

        snprintf(name, sizeof name, "%s (%s)", clients[i].client, clients[i].why);
        is(ur_accept_media_type(ur_accept_choose(accept)),
           ur_accept_media_type(clients[i].media), name);
        is(ur_probe_forms[ur_accept_pick_form(accept, ur_probe_forms, UR_PROBE_FORMS)].word,
           ur_probe_forms[clients[i].probe].word, name);
        is(ur_report_forms[ur_accept_pick_form(accept, ur_report_forms, UR_REPORT_FORMS)].word,
           ur_report_forms[clients[i].report].word, name);
    }
}

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        is(ur_accept_media_type(ur_accept_choose(edge(cases[i].accept))),
           ur_accept_media_type(cases[i].media), cases[i].accept ? cases[i].accept : "absent");
    }
    test_clients();
    return tap_done();
}
