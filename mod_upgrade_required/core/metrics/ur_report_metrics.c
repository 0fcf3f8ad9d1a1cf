#include "core/metrics/ur_report_forms.h"

#include "core/text/ur_escape.h"
#include "core/text/ur_version.h"

#define PREFIX "upgrade_required_"

static void describe(struct ur_buf *out, const char *name, const char *suffix, const char *help,
                     const char *type)
{
    static const char *const words[] = {"# HELP " PREFIX, "# TYPE " PREFIX};
    const char *const values[] = {help, type};

    for (size_t i = 0; i < 2; i++) {
        ur_buf_string(out, words[i]);
        ur_buf_string(out, name);
        ur_buf_string(out, suffix);
        ur_buf_string(out, values[i]);
        ur_buf_literal(out, "\n");
    }
}

/* OpenMetrics names a family of facts without the _info that its samples bear; Prometheus' own
 * format knows no such family. */
static void facts(struct ur_buf *out, const char *name, const char *help, bool openmetrics)
{
    describe(out, name, openmetrics ? " " : "_info ", help, openmetrics ? "info" : "gauge");
}

/* OpenMetrics names a family of counters without the _total that its samples bear. */
static void family(struct ur_buf *out, const char *name, const char *help, bool openmetrics)
{
    describe(out, name, openmetrics ? " " : "_total ", help, "counter");
}

static void label(struct ur_buf *out, const char *opening, const char *value)
{
    ur_buf_string(out, opening);
    ur_escape_label(out, ur_span_of(value));
}

static void value(struct ur_buf *out, uint64_t number)
{
    ur_buf_literal(out, "\"} ");
    ur_buf_number(out, number);
    ur_buf_literal(out, "\n");
}

static void labelled(struct ur_buf *out, const char *opening, const char *word, uint64_t number)
{
    label(out, opening, word);
    value(out, number);
}

/* Zeros too, so that a rate is correct from the first request on; but not for an unknown TLS
 * version, which is not expected. */
static void requests(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_seen seen = {.http = UR_HTTP_ANY};

    while (ur_report_next_seen(&seen)) {
        uint64_t count = ur_counters_requests(report->requests, seen);
        if (count || seen.tls != UR_TLS_SOME) {
            label(out, PREFIX "requests_total{http=\"", ur_protocol_http(seen.http));
            label(out, "\",tls=\"", ur_report_tls(seen.tls));
            value(out, count);
        }
    }
}

static void offers(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_offer offer = {UR_TLS_NONE, false};

    while (ur_report_next_offer(report, &offer)) {
        label(out, PREFIX "tls_offers_total{highest=\"", ur_report_tls(offer.highest));
        label(out, "\",post_quantum=\"", offer.post_quantum ? "yes" : "no");
        value(out, ur_counters_hellos(report->hellos, offer));
    }
}

static void failures(const struct ur_report *report, struct ur_buf *out)
{
    for (enum ur_tls highest = UR_TLS_SOME; highest <= UR_TLS_1_3; highest++) {
        uint64_t count = ur_counters_hello_failures(report->hellos, highest);
        if (count || highest != UR_TLS_SOME) {
            label(out, PREFIX "tls_failures_total{highest=\"", ur_report_tls(highest));
            value(out, count);
        }
    }
}

static void decisions(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_decision_cursor cursor = {.policy = 0};
    struct ur_decision decision;

    while (ur_report_next_decision(report, &cursor, &decision)) {
        label(out, PREFIX "decisions_total{server=\"", decision.policy->server);
        label(out, "\",policy=\"", decision.policy->policy);
        label(out, "\",verdict=\"", ur_reason_verdict_word(decision.verdict));
        label(out, "\",reason=\"", ur_reason_row(decision.reason)->word);
        value(out, ur_report_decision_count(&decision));
    }
}

/* The policies as they are configured */

static void named(struct ur_buf *out, const char *opening,
                  const struct ur_policy_numbers *policy)
{
    label(out, opening, policy->server);
    label(out, "\",policy=\"", policy->policy);
}

static void requirements(const struct ur_policy *policy, struct ur_buf *out)
{
    const char *words[UR_FAMILIES];
    size_t count = ur_policy_words(policy, words);

    label(out, "\",requires=\"", count ? words[0] : "none");
    for (size_t i = 1; i < count; i++) {
        label(out, " ", words[i]);
    }
}

/* Several may differ in their dates alone. */
static bool is_told(const struct ur_in_force *first, const struct ur_in_force *one)
{
    while (first != one && !(first->schedule.mode == one->schedule.mode &&
                             ur_policy_equal(&first->policy, &one->policy))) {
        first = first->next;
    }
    return first != one;
}

static void infos(const struct ur_policy_numbers *policy, struct ur_buf *out)
{
    for (const struct ur_in_force *one = policy->in_force; one; one = one->next) {
        if (is_told(policy->in_force, one)) {
            continue;
        }
        named(out, PREFIX "policy_info{server=\"", policy);
        requirements(&one->policy, out);
        label(out, "\",mode=\"", ur_schedule_mode_word(one->schedule.mode));
        value(out, 1);
    }
}

/* A phase that a schedule has is there from the start, as the numbers of decisions are. */
static void phases(const struct ur_policy_numbers *policy, int64_t now, struct ur_buf *out)
{
    unsigned all = 0;
    unsigned current = 0;

    for (const struct ur_in_force *one = policy->in_force; one; one = one->next) {
        int64_t ends;
        all |= ur_schedule_stages(&one->schedule, UR_TIME_ALWAYS);
        current |= 1U << ur_schedule_at(&one->schedule, now, &ends);
    }
    for (enum ur_stage stage = 0; stage < UR_STAGES; stage++) {
        if (all >> stage & 1) {
            named(out, PREFIX "policy_phase{server=\"", policy);
            label(out, "\",phase=\"", ur_schedule_phase_word(stage));
            value(out, current >> stage & 1);
        }
    }
}

/* The first date of several. */
static void date(const struct ur_policy_numbers *policy, struct ur_buf *out)
{
    int64_t first = UR_TIME_NEVER;

    for (const struct ur_in_force *one = policy->in_force; one; one = one->next) {
        if (one->schedule.from != UR_TIME_ALWAYS && one->schedule.from < first) {
            first = one->schedule.from;
        }
    }
    if (first != UR_TIME_NEVER) {
        named(out, PREFIX "policy_enforced_timestamp_seconds{server=\"", policy);
        ur_buf_string(out, first < 0 ? "\"} -" : "\"} ");
        ur_buf_number(out, first < 0 ? 0 - (uint64_t)first : (uint64_t)first);
        ur_buf_literal(out, "\n");
    }
}

static void in_force(const struct ur_report *report, bool openmetrics, struct ur_buf *out)
{
    facts(out, "policy", "Policies in force, by what they require and their mode.",
          openmetrics);
    for (size_t i = 0; i < report->policies_count; i++) {
        infos(&report->policies[i], out);
    }
    describe(out, "policy_phase", " ", "Whether a policy is in this phase now: 1 or 0.",
             "gauge");
    for (size_t i = 0; i < report->policies_count; i++) {
        phases(&report->policies[i], report->now, out);
    }
    describe(out, "policy_enforced_timestamp_seconds", " ",
             "When a policy is or was first enforced (UpgradeMode enforce from=).", "gauge");
    for (size_t i = 0; i < report->policies_count; i++) {
        date(&report->policies[i], out);
    }
}

/* Nothing, where nobody asks for them. */
static void clients(const struct ur_report *report, struct ur_buf *out)
{
    size_t at = 0;
    const struct ur_policy_numbers *policy = ur_report_next_counted(report, &at);

    if (!policy) {
        return;
    }
    describe(out, "policy_clients", " ",
             "Different clients that did not meet a policy, estimated (UpgradeCountClients).",
             "gauge");
    for (; policy; policy = ur_report_next_counted(report, &at)) {
        label(out, PREFIX "policy_clients{server=\"", policy->server);
        label(out, "\",policy=\"", policy->policy);
        value(out, ur_sketch_estimate(&policy->clients.clients->sketch));
    }
}

static void opened_under(const struct ur_policy_numbers *policy, struct ur_buf *out)
{
    for (enum ur_carried carrier = 0; carrier < UR_CARRIERS; carrier++) {
        label(out, PREFIX "tunnels_opened_total{server=\"", policy->server);
        label(out, "\",policy=\"", policy->policy);
        labelled(out, "\",carrier=\"", ur_outcome_carried_word(carrier),
                 ur_counters_opened(policy->tally, carrier));
    }
}

static void opened(const struct ur_report *report, struct ur_buf *out)
{
    for (size_t i = 0; i < report->policies_count; i++) {
        if (ur_counters_expects_tunnels(report->policies[i].tally)) {
            opened_under(&report->policies[i], out);
        }
    }
}

static void pings(const struct ur_tunnel_books *books, bool openmetrics, struct ur_buf *out)
{
    family(out, "tunnel_pings", "Pings that the proxy itself sent, by result.", openmetrics);
    for (enum ur_pings i = 0; i < UR_PINGS_ALL; i++) {
        labelled(out, PREFIX "tunnel_pings_total{result=\"", ur_outcome_pings_word(i),
                 books->pings[i]);
    }
}

static void tunnels(const struct ur_report *report, bool openmetrics, struct ur_buf *out)
{
    struct ur_tunnel_books books = ur_tunnel_cell_books(report->cells);

    describe(out, "tunnels_open", " ",
             "WebSocket tunnels currently open, by generation of their child process.",
             "gauge");
    labelled(out, PREFIX "tunnels_open{generation=\"", "current", books.open);
    labelled(out, PREFIX "tunnels_open{generation=\"", "leaving", books.leaving);
    family(out, "tunnels_opened", "WebSocket tunnels opened.", openmetrics);
    opened(report, out);
    family(out, "tunnels_ended", "WebSocket tunnels ended, by outcome.", openmetrics);
    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        labelled(out, PREFIX "tunnels_ended_total{outcome=\"", ur_outcome_word(outcome),
                 books.ended[outcome]);
    }
    family(out, "tunnels_unlimited",
           "WebSocket handshakes not counted for their client: the table of clients was full.",
           openmetrics);
    ur_buf_literal(out, PREFIX "tunnels_unlimited_total ");
    ur_buf_number(out, books.unlimited);
    ur_buf_literal(out, "\n");
    family(out, "tunnels_refused",
           "WebSocket handshakes refused for lack of room or by a limit, by reason.",
           openmetrics);
    for (enum ur_turned_away why = 0; why < UR_TURNED_AWAYS; why++) {
        labelled(out, PREFIX "tunnels_refused_total{reason=\"",
                 ur_outcome_turned_away_word(why), books.turned_away[why]);
    }
    family(out, "tunnel_bytes",
           "Bytes received from and sent to clients through WebSocket tunnels.", openmetrics);
    for (enum ur_direction direction = 0; direction < UR_DIRECTIONS; direction++) {
        labelled(out, PREFIX "tunnel_bytes_total{direction=\"", ur_report_direction(direction),
                 books.bytes[direction]);
    }
    pings(&books, openmetrics, out);
}

void ur_report_metrics(const struct ur_report *report, bool openmetrics, struct ur_buf *out)
{
    facts(out, "build", "The version of mod_upgrade_required.", openmetrics);
    labelled(out, PREFIX "build_info{version=\"", UPGRADE_VERSION, 1);
    family(out, "requests", "Requests by HTTP and TLS version.", openmetrics);
    requests(report, out);
    family(out, "decisions", "Requests under a policy, by verdict and reason.", openmetrics);
    decisions(report, out);
    clients(report, out);
    in_force(report, openmetrics, out);
    if (report->hellos.first) {
        family(out, "tls_offers",
               "TLS handshakes by the highest version offered, and whether a post-quantum key "
               "exchange was.",
               openmetrics);
        offers(report, out);
        family(out, "tls_failures",
               "TLS handshakes that failed, by the highest version offered.", openmetrics);
        failures(report, out);
    }
    if (report->cells.first) {
        tunnels(report, openmetrics, out);
    }
    if (openmetrics) {
        ur_buf_literal(out, "# EOF\n");
    }
}
