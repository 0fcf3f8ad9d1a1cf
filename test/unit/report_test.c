#include "tap.h"

#include "core/metrics/ur_client_table.h"
#include "core/metrics/ur_report.h"
#include "core/text/ur_version.h"

#define SLOTS 2

static struct ur_requests requests[SLOTS];
static struct ur_tally tallies[SLOTS][2];
static ur_used used[SLOTS][2];

static const struct ur_seen OLD = {.tls = UR_TLS_1_1, .http = UR_HTTP_1_0};
static const struct ur_seen NEW = {.tls = UR_TLS_1_3, .http = UR_HTTP_2};

static struct ur_report report = {
    .requests = {requests, SLOTS}, .since = 1798761600, .now = 1798761661};

static atomic_uchar asked[2];
static struct ur_clients clients[2];

static const struct ur_policy_numbers policies[] = {
    {.server = "example.com:443",
     .policy = "/chat",
     .tally = {&used[0][0], &tallies[0][0], SLOTS, 2},
     .clients = {&asked[0], &clients[0]}},
    {.server = "ex\\ample",
     .policy = "a\"b\n<i>&'\xff\x01",
     .tally = {&used[0][1], &tallies[0][1], SLOTS, 2},
     .clients = {&asked[1], &clients[1]}},
};

static const char *written(enum ur_report_form form)
{
    static char text[65536];
    struct ur_buf buf = {text, sizeof text - 1, 0};

    ur_report_write(form, &report, &buf);
    if (ur_buf_full(&buf)) {
        abort();
    }
    text[buf.len] = '\0';
    return text;
}

static void has(enum ur_report_form form, const char *part)
{
    const char *text = written(form);

    if (!ok(strstr(text, part), "%s", part)) {
        printf("# in: %s\n", text);
    }
}

static void test_empty(void)
{
    is(written(UR_REPORT_JSON),
       "{\"now\":\"2027-01-01T00:01:01Z\",\n \"since\":\"2027-01-01T00:00:00Z\",\n"
       " \"requests\":[],\n \"policies\":[],\n \"decisions\":[]}\n",
       "JSON without numbers");
    has(UR_REPORT_HTML, "<p>None: every request met its policies.</p>");
    has(UR_REPORT_HTML, "<td class=\"n\">0.0 %");
    has(UR_REPORT_OPENMETRICS,
        "upgrade_required_requests_total{http=\"0.9\",tls=\"none\"} 0\n");
    ok(!strstr(written(UR_REPORT_OPENMETRICS), "unknown"), "no TLS without a name");
}

static void count_some(void)
{
    for (int i = 0; i < 1999; i++) {
        ur_counters_count_request(&requests[i % SLOTS], NEW);
    }
    ur_counters_count_request(&requests[1], OLD);
    ur_counters_count_decision(policies[0].tally, 0, UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION,
                               OLD);
    ur_counters_count_decision(policies[0].tally, 1, UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION,
                               OLD);
    ur_counters_count_decision(policies[0].tally, 1, UR_VERDICT_ANNOUNCE, UR_REASON_TLS_VERSION,
                               NEW);
    ur_counters_count_decision(policies[0].tally, 1, UR_VERDICT_EXCEPT, UR_REASON_TLS_MISSING,
                               OLD);
    for (int i = 0; i < 3; i++) {
        ur_counters_count_decision(policies[1].tally, 1, UR_VERDICT_REFUSE,
                                   UR_REASON_WEBSOCKET_ORIGIN, NEW);
    }
}

static void test_metrics(void)
{
    static const char SAMPLES[] =
        "upgrade_required_decisions_total{server=\"example.com:443\",policy=\"/chat\","
        "verdict=\"except\",reason=\"tls-missing\"} 1\n"
        "upgrade_required_decisions_total{server=\"example.com:443\",policy=\"/chat\","
        "verdict=\"announce\",reason=\"tls-version\"} 3\n"
        "upgrade_required_decisions_total{server=\"ex\\\\ample\","
        "policy=\"a\\\"b\\n<i>&'\xEF\xBF\xBD\xEF\xBF\xBD\","
        "verdict=\"refuse\",reason=\"websocket-origin\"} 3\n";

    has(UR_REPORT_OPENMETRICS, SAMPLES);
    has(UR_REPORT_PROMETHEUS, SAMPLES);
    has(UR_REPORT_OPENMETRICS, "requests_total{http=\"2\",tls=\"1.3\"} 1999\n");
    has(UR_REPORT_OPENMETRICS, "# TYPE upgrade_required_decisions counter\n");
    has(UR_REPORT_PROMETHEUS, "# TYPE upgrade_required_decisions_total counter\n");
    has(UR_REPORT_OPENMETRICS, "\n# EOF\n");
    has(UR_REPORT_OPENMETRICS,
        "# TYPE upgrade_required_build info\n"
        "upgrade_required_build_info{version=\"" UPGRADE_VERSION "\"} 1\n");
    has(UR_REPORT_PROMETHEUS, "# TYPE upgrade_required_build_info gauge\n");
    ok(!strstr(written(UR_REPORT_PROMETHEUS), "# EOF"), "no EOF in Prometheus' own format");
}

static void test_pages(void)
{
    has(UR_REPORT_JSON, "{\"http\":\"1.0\",\"tls\":\"1.1\",\"count\":1},\n"
                        "  {\"http\":\"2\",\"tls\":\"1.3\",\"count\":1999}],");
    has(UR_REPORT_JSON,
        "{\"server\":\"example.com:443\",\"policy\":\"/chat\",\"verdict\":\"announce\","
        "\"reason\":\"tls-version\",\"count\":3,\"clients\":["
        "{\"http\":\"1.0\",\"tls\":\"1.1\",\"count\":2},"
        "{\"http\":\"2\",\"tls\":\"1.3\",\"count\":1}]}");
    has(UR_REPORT_JSON, "\"policy\":\"a\\\"b\\n<i>&'\xEF\xBF\xBD\\u0001\"");
    has(UR_REPORT_HTML, "<td>a&quot;b\n&lt;i&gt;&amp;&#39;");
    has(UR_REPORT_HTML,
        "<p>2000 requests from 2027-01-01T00:00:00Z to 2027-01-01T00:01:01Z.</p>");
    /* 1999 of 2000 is not all, and one of them is not none. */
    has(UR_REPORT_HTML, "<td class=\"n\">1<td class=\"n\">0.1 %");
    /* The most frequent first, exceptions not at all. */
    has(UR_REPORT_HTML, "<td>HTTP/2, TLS 1.3<td>refused<td class=\"n\">3");
    ok(strstr(written(UR_REPORT_HTML), "<td>refused<td class=\"n\">3<") <
           strstr(written(UR_REPORT_HTML), "<td>allowed, with a warning<td class=\"n\">2<"),
       "the most frequent stands first");
    /* Shares of each policy's own requests, whichever comes first. */
    has(UR_REPORT_HTML, "<td>announce<td>tls-version<td class=\"n\">3<td class=\"n\">75.0 %");
    has(UR_REPORT_HTML, "<td>except<td>tls-missing<td class=\"n\">1<td class=\"n\">25.0 %");
    has(UR_REPORT_HTML,
        "<td>refuse<td>websocket-origin<td class=\"n\">3<td class=\"n\">100.0 %");
    ok(!strstr(strstr(written(UR_REPORT_HTML), "Who would break"), "<td>tls-missing<td>HTTP"),
       "exceptions break nobody");
}

/* What a policy may give has its number before it does, where rates are computed from it. */
static void test_outlook(void)
{
    struct ur_policy_numbers policy = policies[0];

    policy.policy = "new";
    policy.tally = (struct ur_tally_slots){&used[0][1], &tallies[0][1], 0, 2};
    ur_counters_mark(&policy.outlook, UR_VERDICT_ALLOW, UR_REASON_NONE);
    ur_counters_mark(&policy.outlook, UR_VERDICT_REFUSE, UR_REASON_TLS_MISSING);
    report.policies = &policy;
    report.policies_count = 1;
    has(UR_REPORT_OPENMETRICS, "policy=\"new\",verdict=\"refuse\",reason=\"tls-missing\"} 0\n"
                               "upgrade_required_decisions_total{server=\"example.com:443\","
                               "policy=\"new\",verdict=\"allow\",reason=\"none\"} 0\n#");
    has(UR_REPORT_JSON, "\"decisions\":[]");
    ok(!strstr(written(UR_REPORT_HTML), "<td>new"), "the page shows what there was");
    report.policies = policies;
    report.policies_count = COUNT(policies);
}

/* Policies as they are configured: one name may stand for several. */
static void test_in_force(void)
{
    static const struct ur_brownout on[] = {{1798761600, 1798761700, 0, 0, NULL}};
    static const struct ur_brownout off[] = {{1798761700, 1798761800, 0, 0, NULL}};
    static const struct ur_in_force list[] = {
        {{.tls = UR_TLS_1_2, .http = UR_HTTP_2},
         {UR_MODE_ENFORCE, 1800000000, off, 1},
         &list[1]},
        {{.tls = UR_TLS_1_2, .http = UR_HTTP_2},
         {UR_MODE_ENFORCE, 1790000000, NULL, 0},
         &list[2]},
        {{.tls = 0}, {UR_MODE_ANNOUNCE, UR_TIME_ALWAYS, on, 1}, NULL},
    };
    static const struct ur_in_force ancient[] = {
        {{.websocket = true}, {UR_MODE_UNSET, -86400, NULL, 0}, &ancient[1]},
        {{.websocket = true}, {UR_MODE_OFF, UR_TIME_ALWAYS, NULL, 0}, NULL}};
    struct ur_policy_numbers both[] = {policies[0], policies[1]};

    ok(!strstr(written(UR_REPORT_PROMETHEUS), "policy_info{"), "none in force, none told");
    both[0].in_force = list;
    both[1].in_force = ancient;
    both[1].server = both[1].policy = "p";
    report.policies = both;
    has(UR_REPORT_PROMETHEUS,
        "# TYPE upgrade_required_policy_info gauge\n"
        "upgrade_required_policy_info{server=\"example.com:443\",policy=\"/chat\","
        "requires=\"TLS/1.2 HTTP/2\",mode=\"enforce\"} 1\n"
        "upgrade_required_policy_info{server=\"example.com:443\",policy=\"/chat\","
        "requires=\"none\",mode=\"announce\"} 1\n"
        "upgrade_required_policy_info{server=\"p\",policy=\"p\",requires=\"WebSocket\","
        "mode=\"enforce\"} 1\n"
        "upgrade_required_policy_info{server=\"p\",policy=\"p\",requires=\"WebSocket\","
        "mode=\"off\"} 1\n#");
#define PHASE(who, phase, on)                                                                  \
    "upgrade_required_policy_phase{" who ",phase=\"" phase "\"} " on "\n"
#define CHAT "server=\"example.com:443\",policy=\"/chat\""
#define P    "server=\"p\",policy=\"p\""
    has(UR_REPORT_OPENMETRICS,
        "# TYPE upgrade_required_policy_phase gauge\n" PHASE(CHAT, "announce", "1")
            PHASE(CHAT, "brownout", "1") PHASE(CHAT, "enforce", "1") PHASE(P, "off", "1")
                PHASE(P, "announce", "0") PHASE(P, "enforce", "1") "#");
    has(UR_REPORT_OPENMETRICS,
        "# TYPE upgrade_required_policy_enforced_timestamp_seconds gauge\n"
        "upgrade_required_policy_enforced_timestamp_seconds{" CHAT "} 1790000000\n"
        "upgrade_required_policy_enforced_timestamp_seconds{" P "} -86400\n#");
    has(UR_REPORT_OPENMETRICS, "# TYPE upgrade_required_policy info\n");
    has(UR_REPORT_JSON,
        " \"policies\":[\n"
        "  {\"server\":\"example.com:443\",\"policy\":\"/chat\",\"requires\":[\"TLS/1.2\","
        "\"HTTP/2\"],\"mode\":\"enforce\",\"phase\":\"announce\","
        "\"enforced_from\":\"2027-01-15T08:00:00Z\"},\n");
    has(UR_REPORT_JSON, "\"requires\":[],\"mode\":\"announce\",\"phase\":\"brownout\"},\n");
    has(UR_REPORT_JSON, "\"mode\":\"enforce\",\"phase\":\"enforce\","
                        "\"enforced_from\":\"1969-12-31T00:00:00Z\"},\n");
    has(UR_REPORT_JSON, "\"requires\":[\"WebSocket\"],\"mode\":\"off\",\"phase\":\"off\"}],\n");
    report.policies = policies;
}

/* ClientHellos, where somebody looks at them */
static void test_hellos(void)
{
    static struct ur_hellos hellos[SLOTS];

    ok(!strstr(written(UR_REPORT_OPENMETRICS), "tls_") &&
           !strstr(written(UR_REPORT_JSON), "offers") &&
           !strstr(written(UR_REPORT_HTML), "offer"),
       "nothing of TLS where nobody looks");
    for (int i = 0; i < 3; i++) {
        ur_counters_count_hello(&hellos[i % SLOTS], (struct ur_offer){UR_TLS_1_2, false});
        ur_counters_count_hello(&hellos[i % SLOTS], (struct ur_offer){UR_TLS_1_3, true});
    }
    ur_counters_count_hello(&hellos[1], (struct ur_offer){UR_TLS_1_3, false});
    ur_counters_count_hello_failure(&hellos[1], UR_TLS_1_2);
    report.hellos = (struct ur_hello_slots){hellos, SLOTS};
    /* Every series that can occur, and no other one. */
    has(UR_REPORT_OPENMETRICS,
        "# TYPE upgrade_required_tls_offers counter\n"
        "upgrade_required_tls_offers_total{highest=\"1.0\",post_quantum=\"no\"} 0\n"
        "upgrade_required_tls_offers_total{highest=\"1.1\",post_quantum=\"no\"} 0\n"
        "upgrade_required_tls_offers_total{highest=\"1.2\",post_quantum=\"no\"} 3\n"
        "upgrade_required_tls_offers_total{highest=\"1.3\",post_quantum=\"no\"} 1\n"
        "upgrade_required_tls_offers_total{highest=\"1.3\",post_quantum=\"yes\"} 3\n# HELP");
    has(UR_REPORT_PROMETHEUS, "upgrade_required_tls_failures_total{highest=\"1.2\"} 1\n");
    has(UR_REPORT_JSON,
        "\"tls\":[\n"
        "  {\"highest\":\"1.2\",\"offers\":3,\"post_quantum\":0,\"failures\":1},\n"
        "  {\"highest\":\"1.3\",\"offers\":4,\"post_quantum\":3,\"failures\":0}]");
    has(UR_REPORT_HTML,
        "<tr><td>TLS 1.2<td class=\"n\">1<td>no<td class=\"n\">3<td class=\"n\">42.9 %");
    has(UR_REPORT_HTML, "<tr><td rowspan=\"2\">TLS 1.3<td rowspan=\"2\" class=\"n\">0<td>no"
                        "<td class=\"n\">1<td class=\"n\">14.3 %");
    has(UR_REPORT_HTML, "\n<tr><td>yes<td class=\"n\">3<td class=\"n\">42.9 %");
    ur_counters_count_hello(&hellos[1], (struct ur_offer){UR_TLS_SOME, false});
    has(UR_REPORT_PROMETHEUS,
        " counter\nupgrade_required_tls_offers_total{highest=\"unknown\",post_quantum=\"no\"} "
        "1\n"
        "upgrade_required_tls_offers_total{highest=\"1.0\",post_quantum=\"no\"} 0\n");
}

/* Clients, where somebody counts them */
static void test_clients(void)
{
    const unsigned char address[4] = {192, 0, 2, 7};
    const uint64_t network = ur_client_of_ipv4(address);

    ok(!strstr(written(UR_REPORT_OPENMETRICS), "policy_clients{") &&
           !strstr(written(UR_REPORT_JSON), "sketch") &&
           !strstr(written(UR_REPORT_HTML), "How many clients"),
       "nothing of clients where nobody counts them");
    ur_clients_expect(policies[1].clients);
    has(UR_REPORT_OPENMETRICS, "# TYPE upgrade_required_policy_clients gauge\n"
                               "upgrade_required_policy_clients{server=\"ex\\\\ample\","
                               "policy=\"a\\\"b\\n<i>&'\xEF\xBF\xBD\xEF\xBF\xBD\"} 0\n");
    has(UR_REPORT_JSON, "AAAA\",\n   \"largest\":[]}]");
    has(UR_REPORT_HTML, "<th>Server<th class=\"n\">Clients\n<tr><td>a&quot;b");
    ok(!strstr(written(UR_REPORT_HTML), "Which clients send most"), "no table without rows");
    ur_clients_count(policies[0].clients, UINT64_C(1) << 53, network, UR_SPAN("a&b"), 1);
    ur_clients_count(policies[0].clients, UINT64_C(3) << 53, network, UR_SPAN("a&b"), 1);
    ur_clients_count(policies[0].clients, UINT64_C(3) << 53, network, UR_SPAN("curl"), 1);
    has(UR_REPORT_PROMETHEUS,
        "policy_clients{server=\"example.com:443\",policy=\"/chat\"} 2\n");
    has(UR_REPORT_JSON, " \"clients\":[\n"
                        "  {\"server\":\"example.com:443\",\n"
                        "   \"policy\":\"/chat\",\n"
                        "   \"estimate\":2,\n"
                        "   \"sketch\":\"BBAAA");
    has(UR_REPORT_JSON,
        "AAA\",\n   \"largest\":[\n"
        "    {\"network\":\"192.0.2.0/24\",\"product\":\"a&b\",\"requests\":2},\n"
        "    {\"network\":\"192.0.2.0/24\",\"product\":\"curl\",\"requests\":1}]},\n");
    has(UR_REPORT_HTML, "<tr><td>/chat<td>example.com:443<td class=\"n\">2\n");
    has(UR_REPORT_HTML, "<tr><td>/chat<td>example.com:443<td>192.0.2.0/24<td>a&amp;b"
                        "<td class=\"n\">2\n");
}

/* More rows than are shown */
static void test_many(void)
{
    enum { MANY = 150 };
    static struct ur_tally many[MANY];
    static ur_used many_used[MANY];
    static struct ur_policy_numbers names[MANY];

    for (size_t i = 0; i < MANY; i++) {
        names[i] = (struct ur_policy_numbers){.server = "s",
                                              .policy = i % 2 ? "odd" : "even",
                                              .tally = {&many_used[i], &many[i], 1, 1}};
        for (size_t count = 0; count <= i; count++) {
            ur_counters_count_decision(names[i].tally, 0, UR_VERDICT_REFUSE,
                                       UR_REASON_TLS_MISSING, NEW);
        }
    }
    report.policies = names;
    report.policies_count = MANY;
    has(UR_REPORT_HTML, "<p>And 50 more rows with fewer requests");
    has(UR_REPORT_HTML, "<td>refused<td class=\"n\">150<");
    has(UR_REPORT_HTML, "<td>refused<td class=\"n\">51<");
    ok(!strstr(written(UR_REPORT_HTML), "<td>refused<td class=\"n\">50<"),
       "the others are not shown");
}

static const struct {
    const char *accept;
    enum ur_report_form form;
} choices[] = {
    {NULL, UR_REPORT_HTML},
    {"*/*", UR_REPORT_HTML},
    {"text/html,application/xhtml+xml,*/*;q=0.8", UR_REPORT_HTML},
    {"application/json", UR_REPORT_JSON},
    {"application/openmetrics-text", UR_REPORT_OPENMETRICS},
    {"text/plain", UR_REPORT_PROMETHEUS},
    /* Prometheus 2.42, and one told not to ask for OpenMetrics */
    {"application/openmetrics-text;version=1.0.0;q=0.75,application/openmetrics-text;version="
     "0.0.1;q=0.5,text/plain;version=0.0.4;q=0.25,*/*;q=0.1",
     UR_REPORT_OPENMETRICS},
    {"text/plain;version=0.0.4;q=1,*/*;q=0.1", UR_REPORT_PROMETHEUS},
    {"image/png", UR_REPORT_HTML},
};

static void test_choice(void)
{
    static const char *const words[] = {"html", "JSON", "OpenMetrics", "prometheus"};

    for (size_t i = 0; i < COUNT(choices); i++) {
        ok(ur_accept_pick_form(edge(choices[i].accept), ur_report_forms, UR_REPORT_FORMS) ==
               choices[i].form,
           "Accept: %s", choices[i].accept ? choices[i].accept : "(none)");
    }
    for (size_t i = 0; i < COUNT(words); i++) {
        ok(ur_accept_named_form(edge(words[i]), ur_report_forms, UR_REPORT_FORMS) == i, "%s",
           words[i]);
    }
    ok(ur_accept_named_form(edge("xml"), ur_report_forms, UR_REPORT_FORMS) == UR_REPORT_FORMS &&
           ur_accept_named_form(edge(""), ur_report_forms, UR_REPORT_FORMS) == UR_REPORT_FORMS,
       "no such form");
}

static void test_tunnels(void)
{
    static struct ur_tunnel_cell cells[3];

    ok(!strstr(written(UR_REPORT_PROMETHEUS), "tunnel"),
       "nothing of tunnels where nobody could carry one");
    report.cells = (struct ur_tunnel_cells){cells, 3};
    ok(!strstr(written(UR_REPORT_HTML), "WebSocket tunnels"),
       "no section where there was none");
    atomic_store(&cells[0].pid, 77);
    atomic_store(&cells[0].generation, 2);
    atomic_store(&cells[0].room, 33);
    atomic_store(&cells[0].opened[UR_CARRIED_EVENT], 10);
    atomic_store(&cells[0].ended[UR_CARRIED_EVENT][UR_OUTCOME_CLIENT], 5);
    atomic_store(&cells[0].turned_away[UR_TURNED_AWAY_FULL], 4);
    atomic_store(&cells[0].bytes[UR_DIRECTION_SENT], 12345678901);
    atomic_store(&cells[0].ended[UR_CARRIED_EVENT][UR_OUTCOME_TOO_BIG], 2);
    ur_tunnel_cell_count_pings(&cells[0], UR_PINGS_SENT, 7);
    ur_tunnel_cell_count_pings(&cells[0], UR_PINGS_ANSWERED, 6);
    ur_tunnel_cell_count_pings(&cells[2], UR_PINGS_SENT, 1);
    ur_tunnel_cell_count_pings(NULL, UR_PINGS_SENT, 1);
    atomic_store(&cells[2].pid, 78);
    atomic_store(&cells[2].leaving, 1);
    atomic_store(&cells[2].opened[UR_CARRIED_THREAD], 1);
    ur_counters_count_opened(policies[0].tally, 0, UR_CARRIED_EVENT);
    has(UR_REPORT_PROMETHEUS, "# TYPE upgrade_required_tunnels_open gauge\n"
                              "upgrade_required_tunnels_open{generation=\"current\"} 3\n"
                              "upgrade_required_tunnels_open{generation=\"leaving\"} 1\n");
    has(UR_REPORT_PROMETHEUS,
        "# TYPE upgrade_required_tunnels_opened_total counter\n"
        "upgrade_required_tunnels_opened_total{server=\"example.com:443\",policy=\"/chat\","
        "carrier=\"event\"} 1\n"
        "upgrade_required_tunnels_opened_total{server=\"example.com:443\",policy=\"/chat\","
        "carrier=\"thread\"} 0\n"
        "# HELP");
    ur_counters_expect_tunnels(policies[1].tally);
    has(UR_REPORT_OPENMETRICS, "<i>&'\xEF\xBF\xBD\xEF\xBF\xBD\",carrier=\"event\"} 0\n");
    has(UR_REPORT_OPENMETRICS, "# TYPE upgrade_required_tunnels_ended counter\n"
                               "upgrade_required_tunnels_ended_total{outcome=\"closed\"} 0\n"
                               "upgrade_required_tunnels_ended_total{outcome=\"client\"} 5\n");
    has(UR_REPORT_OPENMETRICS, "upgrade_required_tunnels_refused_total{reason=\"full\"} 4\n"
                               "upgrade_required_tunnels_refused_total{reason=\"busy\"} 0\n");
    has(UR_REPORT_PROMETHEUS,
        "upgrade_required_tunnel_bytes_total{direction=\"sent\"} 12345678901\n");
    has(UR_REPORT_OPENMETRICS, "upgrade_required_tunnels_ended_total{outcome=\"too-big\"} 2\n");
    has(UR_REPORT_OPENMETRICS,
        "# TYPE upgrade_required_tunnel_pings counter\n"
        "upgrade_required_tunnel_pings_total{result=\"sent\"} 8\n"
        "upgrade_required_tunnel_pings_total{result=\"answered\"} 6\n"
        "upgrade_required_tunnel_pings_total{result=\"unanswered\"} 0\n");
    has(UR_REPORT_HTML, "<tr><th>Pings of the proxy<th class=\"n\">Count\n"
                        "<tr><td>sent<td class=\"n\">8\n");
    has(UR_REPORT_JSON,
        ",\n \"tunnels\":{\"open\":{\"current\":3,\"leaving\":1},\n"
        "  \"opened\":{\"event\":10,\"thread\":1},\n"
        "  \"ended\":{\"closed\":0,\"client\":5,\"backend\":0,\"timeout\":0,\"too-big\":2,"
        "\"drained\":0,"
        "\"stopped\":0,\"lost\":0},\n"
        "  \"refused\":{\"full\":4,\"busy\":0,\"limit\":0},\n"
        "  \"unlimited\":0,\n"
        "  \"bytes\":{\"received\":0,\"sent\":12345678901},\n"
        "  \"pings\":{\"sent\":8,\"answered\":6,\"unanswered\":0},\n"
        "  \"children\":[\n"
        "   "
        "{\"pid\":77,\"generation\":2,\"leaving\":false,\"event\":3,\"thread\":0,\"room\":33},"
        "\n"
        "   "
        "{\"pid\":78,\"generation\":0,\"leaving\":true,\"event\":0,\"thread\":1,\"room\":0}]}}"
        "\n");
    has(UR_REPORT_HTML, "<tr><td>open in serving children<td class=\"n\">3\n");
    has(UR_REPORT_HTML, "<tr><td>77<td class=\"n\">2<td class=\"n\">3<td class=\"n\">33"
                        "<td class=\"n\">0<td>serving\n");
    atomic_store(&cells[0].ended[UR_CARRIED_EVENT][UR_OUTCOME_CLIENT], 8);
    atomic_store(&cells[2].pid, 0);
    ok(!strstr(written(UR_REPORT_HTML), "<th>Child"), "no table of children without tunnels");
    report.cells = (struct ur_tunnel_cells){NULL, 0};
}

int main(void)
{
    report.policies = policies;
    report.policies_count = COUNT(policies);
    test_empty();
    count_some();
    test_metrics();
    test_pages();
    test_outlook();
    test_in_force();
    test_hellos();
    test_clients();
    test_tunnels();
    test_many();
    test_choice();
    return tap_done();
}
