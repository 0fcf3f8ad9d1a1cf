#include "wording/ur_report_forms.h"

#include "values/ur_escape.h"
#include "values/ur_time.h"

static void member(struct ur_buf *out, const char *opening, const char *text)
{
    ur_buf_string(out, opening);
    ur_escape_json(out, ur_span_of(text));
    ur_buf_literal(out, "\"");
}

/* {"http":...,"tls":...,"count":...}, with what has to stand before it. */
static void clients(struct ur_buf *out, const char *before, struct ur_seen seen, uint64_t count)
{
    ur_buf_string(out, before);
    member(out, "{\"http\":\"", ur_http_version(seen.http));
    member(out, ",\"tls\":\"", ur_report_tls(seen.tls));
    ur_buf_literal(out, ",\"count\":");
    ur_buf_number(out, count);
    ur_buf_literal(out, "}");
}

static void requests(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_seen seen = {UR_TLS_NONE, UR_HTTP_ANY};
    const char *before = "\n  ";

    while (ur_seen_next(&seen)) {
        uint64_t count = ur_requests_sum(report->requests, seen);
        if (count) {
            clients(out, before, seen, count);
            before = ",\n  ";
        }
    }
}

static void hellos(const struct ur_report *report, struct ur_buf *out)
{
    const char *before = "\n  ";

    ur_buf_literal(out, "],\n \"tls\":[");
    for (enum ur_tls highest = UR_TLS_SOME; highest <= UR_TLS_1_3; highest++) {
        uint64_t offers = ur_offers_sum(report->hellos, highest);
        if (offers) {
            ur_buf_string(out, before);
            member(out, "{\"highest\":\"", ur_report_tls(highest));
            ur_buf_literal(out, ",\"offers\":");
            ur_buf_number(out, offers);
            ur_buf_literal(out, ",\"failures\":");
            ur_buf_number(out, ur_failures_sum(report->hellos, highest));
            ur_buf_literal(out, "}");
            before = ",\n  ";
        }
    }
}

/* ,"word":number */
static void count(struct ur_buf *out, const char *word, uint64_t number)
{
    member(out, ",\"", word);
    ur_buf_literal(out, ":");
    ur_buf_number(out, number);
}

static void tunnels(const struct ur_report *report, struct ur_buf *out)
{
    ur_buf_literal(out, ",\n \"tunnels\":{\"open\":");
    ur_buf_number(out, ur_tunnels_open(report->cells));
    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        count(out, ur_outcome_word(outcome), ur_tunnels_ended(report->tunnels, outcome));
    }
    for (enum ur_direction direction = 0; direction < UR_DIRECTIONS; direction++) {
        member(out, ",\"bytes_", ur_report_direction(direction));
        ur_buf_literal(out, ":");
        ur_buf_number(out, ur_tunnels_bytes(report->tunnels, direction));
    }
    ur_buf_literal(out, "}");
}

static void write_decision(const struct ur_decision *decision, struct ur_buf *out)
{
    struct ur_seen seen = {UR_TLS_NONE, UR_HTTP_ANY};
    const char *before = "";

    member(out, "{\"server\":\"", decision->policy->server);
    member(out, ",\"policy\":\"", decision->policy->policy);
    member(out, ",\"verdict\":\"", ur_verdict_word(decision->verdict));
    member(out, ",\"reason\":\"", ur_reason_row(decision->reason)->word);
    ur_buf_literal(out, ",\"count\":");
    ur_buf_number(out, ur_decision_count(decision));
    ur_buf_literal(out, ",\"clients\":[");
    while (ur_seen_next(&seen)) {
        uint64_t sum =
            ur_tally_sum(decision->policy->tally, decision->verdict, decision->reason, seen);
        if (sum) {
            clients(out, before, seen, sum);
            before = ",";
        }
    }
    ur_buf_literal(out, "]}");
}

void ur_report_json(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_decision_cursor cursor = {0, 0, 0};
    struct ur_decision decision;
    const char *before = "\n  ";

    ur_buf_literal(out, "{\"now\":\"");
    ur_time_write(out, report->now);
    ur_buf_literal(out, "\",\n \"since\":\"");
    ur_time_write(out, report->since);
    ur_buf_literal(out, "\",\n \"requests\":[");
    requests(report, out);
    if (report->hellos.first) {
        hellos(report, out);
    }
    ur_buf_literal(out, "],\n \"decisions\":[");
    while (ur_decision_next(report, &cursor, &decision)) {
        ur_buf_string(out, before);
        write_decision(&decision, out);
        before = ",\n  ";
    }
    ur_buf_literal(out, "]");
    if (report->tunnels) {
        tunnels(report, out);
    }
    ur_buf_literal(out, "}\n");
}
