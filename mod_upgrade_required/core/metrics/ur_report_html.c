#include "core/metrics/ur_report_forms.h"

#include "core/text/ur_escape.h"
#include "core/text/ur_time.h"
#include "core/response/ur_page.h"

/* How many rows of clients that would break are shown, the most frequent ones. */
#define ROWS_MAX 100

static const char STYLE[] = UR_PAGE_COLOURS
    "main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem}"
    "h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2.5rem 0 .5rem}"
    "p{margin:.25rem 0;color:var(--soft)}a{color:var(--link)}"
    "table{border-collapse:collapse;width:100%}table+table,table+p{margin-top:1.5rem}"
    "th,td{text-align:left;vertical-align:top;padding:.35rem 1rem .35rem 0;"
    "border-bottom:1px solid var(--line);overflow-wrap:break-word}"
    "th{color:var(--soft);font-weight:600;white-space:nowrap}"
    ".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;"
    "padding-right:1.75rem}"
    ".bar{width:15%;min-width:6rem;padding-right:0}"
    ".bar span{display:block;height:1rem;margin-top:.3rem;background:var(--link)}"
    /* A small screen scrolls a table, not the page. */
    "@media(max-width:48rem){table{display:block;overflow-x:auto}th,td{white-space:nowrap}}";

static void cell(struct ur_buf *out, const char *text)
{
    ur_buf_literal(out, "<td>");
    ur_escape_html(out, ur_span_of(text));
}

/* "12.3 %", and never 0 for a count above 0. */
static void percent(struct ur_buf *out, uint64_t permille, bool nothing)
{
    if (!permille && !nothing) {
        ur_buf_literal(out, "&lt; 0.1 %");
        return;
    }
    ur_buf_number(out, permille / 10);
    ur_buf_literal(out, ".");
    ur_buf_number(out, permille % 10);
    ur_buf_literal(out, " %");
}

/* A count, its share in words and as a bar. */
static void share(struct ur_buf *out, uint64_t count, uint64_t total)
{
    /* Not count * 1000, which may be too much. */
    uint64_t permille = total ? (uint64_t)((double)count / (double)total * 1000.0 + 0.5) : 0;

    permille = permille > 1000 ? 1000 : permille;
    ur_buf_literal(out, "<td class=\"n\">");
    ur_buf_number(out, count);
    ur_buf_literal(out, "<td class=\"n\">");
    percent(out, permille, count == 0);
    ur_buf_literal(out, "<td class=\"bar\"><span aria-hidden=\"true\" style=\"width:");
    ur_buf_number(out, permille / 10);
    ur_buf_literal(out, ".");
    ur_buf_number(out, permille % 10);
    ur_buf_literal(out, "%\"></span>\n");
}

static void heading(struct ur_buf *out, const char *title, const char *explanation)
{
    ur_buf_literal(out, "<h2>");
    ur_buf_string(out, title);
    ur_buf_literal(out, "</h2>\n<p>");
    ur_buf_string(out, explanation);
    ur_buf_literal(out, "</p>\n");
}

/* What clients speak */

static uint64_t of_http(const struct ur_report *report, enum ur_http http)
{
    uint64_t count = 0;

    for (enum ur_tls tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
        count +=
            ur_counters_requests(report->requests, (struct ur_seen){.tls = tls, .http = http});
    }
    return count;
}

static uint64_t of_tls(const struct ur_report *report, enum ur_tls tls)
{
    uint64_t count = 0;

    for (enum ur_http http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
        count +=
            ur_counters_requests(report->requests, (struct ur_seen){.tls = tls, .http = http});
    }
    return count;
}

static void spoken(const struct ur_report *report, uint64_t total, struct ur_buf *out)
{
    static const char HEAD[] =
        "<th class=\"n\">Requests<th class=\"n\">Share<th class=\"bar\">\n";

    heading(out, "What clients speak", "All requests, by HTTP and TLS version.");
    ur_buf_literal(out, "<table>\n<tr><th>HTTP");
    ur_buf_bytes(out, HEAD, sizeof HEAD - 1);
    for (enum ur_http http = UR_HTTP_0_9; http <= UR_HTTP_2; http++) {
        ur_buf_literal(out, "<tr><td>HTTP/");
        ur_buf_string(out, ur_protocol_http(http));
        share(out, of_http(report, http), total);
    }
    ur_buf_literal(out, "<tr><th>TLS");
    ur_buf_bytes(out, HEAD, sizeof HEAD - 1);
    for (enum ur_tls tls = UR_TLS_NONE; tls <= UR_TLS_1_3; tls++) {
        uint64_t count = of_tls(report, tls);
        if (count || tls != UR_TLS_SOME) {
            ur_buf_string(out, tls == UR_TLS_NONE ? "<tr><td>no TLS" : "<tr><td>TLS ");
            ur_buf_string(out, tls == UR_TLS_NONE ? "" : ur_protocol_tls(tls));
            share(out, count, total);
        }
    }
    ur_buf_literal(out, "</table>\n");
}

/* What clients offer */

/* Handshakes that failed are counted by version alone: one cell for both rows of TLS 1.3. */
static void offered_version(const struct ur_report *report, enum ur_tls highest,
                            struct ur_buf *out)
{
    const char *td = highest == UR_TLS_1_3 ? "<td rowspan=\"2\"" : "<td";

    ur_buf_string(out, td);
    ur_buf_literal(out, ">TLS ");
    ur_buf_string(out, ur_protocol_tls(highest));
    ur_buf_string(out, td);
    ur_buf_literal(out, " class=\"n\">");
    ur_buf_number(out, ur_counters_hello_failures(report->hellos, highest));
}

static void offered(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_offer offer = {UR_TLS_NONE, false};
    uint64_t total = 0;

    while (ur_report_next_offer(report, &offer)) {
        total += ur_counters_hellos(report->hellos, offer);
    }
    heading(out, "What clients offer",
            "TLS handshakes by the highest version the client offers, and whether it offers a "
            "post-quantum key exchange (ML-KEM); handshakes that fail never reach a request.");
    ur_buf_literal(out, "<table>\n<tr><th>Highest offered<th class=\"n\">Failed<th>Post-quantum"
                        "<th class=\"n\">Handshakes<th class=\"n\">Share<th class=\"bar\">\n");
    offer = (struct ur_offer){UR_TLS_NONE, false};
    while (ur_report_next_offer(report, &offer)) {
        ur_buf_literal(out, "<tr>");
        if (!offer.post_quantum) {
            offered_version(report, offer.highest, out);
        }
        cell(out, offer.post_quantum ? "yes" : "no");
        share(out, ur_counters_hellos(report->hellos, offer), total);
    }
    ur_buf_literal(out, "</table>\n");
}

/* Who would break */

struct row {
    struct ur_decision decision;
    struct ur_seen seen;
    uint64_t count;
};

/* The most frequent ones, most frequent first. */
struct rows {
    struct row list[ROWS_MAX];
    size_t count;
    uint64_t left_out;
};

static void keep_row(struct rows *rows, const struct row *row)
{
    size_t at = rows->count;

    if (at == ROWS_MAX) {
        rows->left_out++;
        if (row->count <= rows->list[--at].count) {
            return;
        }
    }
    else {
        rows->count++;
    }
    for (; at > 0 && rows->list[at - 1].count < row->count; at--) {
        rows->list[at] = rows->list[at - 1];
    }
    rows->list[at] = *row;
}

static void collect_rows(const struct ur_report *report, struct rows *rows)
{
    struct ur_decision_cursor cursor = {.policy = 0};
    struct row row;

    while (ur_report_next_decision(report, &cursor, &row.decision)) {
        if (row.decision.verdict == UR_VERDICT_EXCEPT ||
            row.decision.verdict == UR_VERDICT_ALLOW) {
            continue;
        }
        row.seen = (struct ur_seen){.http = UR_HTTP_ANY};
        while (ur_report_next_seen(&row.seen)) {
            row.count = ur_counters_decisions(row.decision.policy->tally, row.decision.verdict,
                                              row.decision.reason, row.seen);
            if (row.count) {
                keep_row(rows, &row);
            }
        }
    }
}

static void write_row(const struct row *row, uint64_t total, struct ur_buf *out)
{
    static const char *const today[UR_VERDICTS] = {
        [UR_VERDICT_REFUSE] = "refused",
        [UR_VERDICT_REDIRECT] = "redirected to https",
        [UR_VERDICT_ANNOUNCE] = "allowed, with a warning"};
    const char *tls = ur_protocol_tls(row->seen.tls);

    ur_buf_literal(out, "<tr>");
    cell(out, row->decision.policy->policy);
    cell(out, row->decision.policy->server);
    cell(out, ur_reason_row(row->decision.reason)->word);
    ur_buf_literal(out, "<td>HTTP/");
    ur_buf_string(out, ur_protocol_http(row->seen.http));
    ur_buf_string(out, tls ? ", TLS " : ", no TLS");
    ur_buf_string(out, tls ? tls : "");
    cell(out, today[row->decision.verdict]);
    share(out, row->count, total);
}

static void breaking(const struct ur_report *report, uint64_t total, struct ur_buf *out)
{
    struct rows rows = {.count = 0, .left_out = 0};

    heading(
        out, "Who would break today",
        "Clients that do not meet a policy, most frequent first; shares are of all requests.");
    collect_rows(report, &rows);
    if (!rows.count) {
        ur_buf_literal(out, "<p>None: every request met its policies.</p>\n");
        return;
    }
    ur_buf_literal(out, "<table>\n<tr><th>Policy<th>Server<th>Reason<th>Client speaks<th>Today"
                        "<th class=\"n\">Requests<th class=\"n\">Share<th class=\"bar\">\n");
    for (size_t i = 0; i < rows.count; i++) {
        write_row(&rows.list[i], total, out);
    }
    ur_buf_literal(out, "</table>\n");
    if (rows.left_out) {
        ur_buf_literal(out, "<p>And ");
        ur_buf_number(out, rows.left_out);
        ur_buf_literal(out,
                       " more rows with fewer requests; the other formats list them.</p>\n");
    }
}

/* How many clients would break, and which of them send most */

static void largest_of(const struct ur_policy_numbers *policy, struct ur_buf *out)
{
    struct ur_largest_row rows[UR_LARGEST_SHOWN];
    size_t count = ur_largest_read(&policy->clients.clients->largest, rows);

    for (size_t i = 0; i < count; i++) {
        ur_buf_literal(out, "<tr>");
        cell(out, policy->policy);
        cell(out, policy->server);
        ur_buf_literal(out, "<td>");
        ur_largest_write_network(out, rows[i].network);
        cell(out, rows[i].product);
        ur_buf_literal(out, "<td class=\"n\">");
        ur_buf_number(out, rows[i].requests);
        ur_buf_literal(out, "\n");
    }
}

static void largest(const struct ur_report *report, struct ur_buf *out)
{
    const struct ur_policy_numbers *policy;
    size_t at = 0;

    heading(
        out, "Which clients send most",
        "Networks and programs by their requests that do not meet a policy. Those sent before "
        "one was in this list are not counted.");
    ur_buf_literal(out, "<table>\n<tr><th>Policy<th>Server<th>Network<th>Program<th "
                        "class=\"n\">Requests\n");
    while ((policy = ur_report_next_counted(report, &at))) {
        largest_of(policy, out);
    }
    ur_buf_literal(out, "</table>\n");
}

/* Nothing, where nobody asks for them. */
static void counted(const struct ur_report *report, struct ur_buf *out)
{
    size_t at = 0;
    const struct ur_policy_numbers *policy = ur_report_next_counted(report, &at);
    uint64_t any = 0;

    if (!policy) {
        return;
    }
    heading(out, "How many clients would break",
            "Different addresses that do not meet a policy: an estimate, to about 3 %.");
    ur_buf_literal(out, "<table>\n<tr><th>Policy<th>Server<th class=\"n\">Clients\n");
    for (; policy; policy = ur_report_next_counted(report, &at)) {
        uint64_t clients = ur_sketch_estimate(&policy->clients.clients->sketch);
        ur_buf_literal(out, "<tr>");
        cell(out, policy->policy);
        cell(out, policy->server);
        ur_buf_literal(out, "<td class=\"n\">");
        ur_buf_number(out, clients);
        ur_buf_literal(out, "\n");
        any |= clients;
    }
    ur_buf_literal(out, "</table>\n");
    if (any) {
        largest(report, out);
    }
}

/* What policies decided */

static uint64_t of_policy(const struct ur_policy_numbers *policy)
{
    struct ur_decision decision = {.policy = policy};
    uint64_t count = 0;

    for (decision.verdict = 0; decision.verdict < UR_VERDICTS; decision.verdict++) {
        for (decision.reason = 0; decision.reason < UR_REASONS; decision.reason++) {
            count += ur_report_decision_count(&decision);
        }
    }
    return count;
}

static void decision_row(const struct ur_decision *decision, uint64_t count, uint64_t total,
                         struct ur_buf *out)
{
    ur_buf_literal(out, "<tr>");
    cell(out, decision->policy->policy);
    cell(out, decision->policy->server);
    cell(out, ur_reason_verdict_word(decision->verdict));
    cell(out, ur_reason_row(decision->reason)->word);
    share(out, count, total);
}

static void decided(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_decision_cursor cursor = {.policy = 0};
    struct ur_decision decision;
    size_t totalled = 0; /* so many policies */
    uint64_t total = 0;

    heading(out, "What the policies decided", "Shares are of each policy's own requests.");
    ur_buf_literal(out, "<table>\n<tr><th>Policy<th>Server<th>Verdict<th>Reason<th class=\"n\">"
                        "Requests<th class=\"n\">Share<th class=\"bar\">\n");
    while (ur_report_next_decision(report, &cursor, &decision)) {
        uint64_t count = ur_report_decision_count(&decision);
        size_t place = (size_t)(decision.policy - report->policies);
        total = place < totalled ? total : of_policy(decision.policy);
        totalled = place + 1;
        if (count) {
            decision_row(&decision, count, total, out);
        }
    }
    ur_buf_literal(out, "</table>\n");
}

/* What became of tunnels */

static void number_row(struct ur_buf *out, const char *what, uint64_t number)
{
    ur_buf_literal(out, "<tr>");
    cell(out, what);
    ur_buf_literal(out, "<td class=\"n\">");
    ur_buf_number(out, number);
    ur_buf_literal(out, "\n");
}

static void number_cell(struct ur_buf *out, uint64_t number)
{
    ur_buf_literal(out, "<td class=\"n\">");
    ur_buf_number(out, number);
}

static const char CHILDREN_HEAD[] =
    "<table>\n<tr><th>Child<th class=\"n\">Generation<th class=\"n\">Event tunnels"
    "<th class=\"n\">Maximum<th class=\"n\">Thread tunnels<th>State\n";

/* Those that have tunnels, or wait for the last of them. */
static void children(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_child_numbers child;
    struct ur_child_cursor cursor = ur_report_first_child(report);
    bool any = false;

    while (ur_report_next_child(report, &cursor, &child)) {
        if (child.leaving || child.open[UR_CARRIED_EVENT] || child.open[UR_CARRIED_THREAD]) {
            ur_buf_string(out, any ? "" : CHILDREN_HEAD);
            any = true;
            ur_buf_literal(out, "<tr><td>");
            ur_buf_number(out, (uint64_t)child.pid);
            number_cell(out, (uint64_t)child.generation);
            number_cell(out, child.open[UR_CARRIED_EVENT]);
            number_cell(out, child.room);
            number_cell(out, child.open[UR_CARRIED_THREAD]);
            cell(out, child.leaving ? "leaving" : "serving");
            ur_buf_literal(out, "\n");
        }
    }
    ur_buf_string(out, any ? "</table>\n" : "");
}

/* Nothing, where none was ever asked for. */
static void tunnels(const struct ur_report *report, struct ur_buf *out)
{
    struct ur_tunnel_books books = ur_tunnel_cell_books(report->cells);
    uint64_t any = books.opened[UR_CARRIED_EVENT] + books.opened[UR_CARRIED_THREAD];

    for (enum ur_turned_away why = 0; why < UR_TURNED_AWAYS; why++) {
        any += books.turned_away[why];
    }
    if (!any) {
        return;
    }
    heading(out, "WebSocket tunnels",
            "Tunnels on routes that keep handshakes, and how they ended.");
    ur_buf_literal(out, "<table>\n<tr><th>Tunnels<th class=\"n\">Count\n");
    number_row(out, "open in serving children", books.open);
    number_row(out, "open in leaving children", books.leaving);
    number_row(out, "opened as event tunnels", books.opened[UR_CARRIED_EVENT]);
    number_row(out, "opened, carried by worker threads", books.opened[UR_CARRIED_THREAD]);
    ur_buf_literal(out, "<tr><th>Ended<th class=\"n\">Count\n");
    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        number_row(out, ur_outcome_word(outcome), books.ended[outcome]);
    }
    ur_buf_literal(out, "<tr><th>Refused<th class=\"n\">Count\n");
    for (enum ur_turned_away why = 0; why < UR_TURNED_AWAYS; why++) {
        number_row(out, ur_outcome_turned_away_word(why), books.turned_away[why]);
    }
    if (books.unlimited) {
        number_row(out, "not limited per client, because the table was full", books.unlimited);
    }
    ur_buf_literal(out, "<tr><th>Pings of the proxy<th class=\"n\">Count\n");
    for (enum ur_pings pings = 0; pings < UR_PINGS_ALL; pings++) {
        number_row(out, ur_outcome_pings_word(pings), books.pings[pings]);
    }
    ur_buf_literal(out, "<tr><th>Bytes<th class=\"n\">Count\n");
    for (enum ur_direction direction = 0; direction < UR_DIRECTIONS; direction++) {
        number_row(out, ur_report_direction(direction), books.bytes[direction]);
    }
    ur_buf_literal(out, "</table>\n");
    children(report, out);
}

void ur_report_html(const struct ur_report *report, struct ur_buf *out)
{
    uint64_t total = ur_report_requests(report);

    ur_buf_literal(out, UR_PAGE_HEAD "<title>Upgrade status</title>\n<style>");
    ur_buf_bytes(out, STYLE, sizeof STYLE - 1);
    ur_buf_literal(out, "</style>\n</head>\n<body>\n<main>\n<h1>Upgrade status</h1>\n<p>");
    ur_buf_number(out, total);
    ur_buf_literal(out, " requests from ");
    ur_time_write(out, report->since);
    ur_buf_literal(out, " to ");
    ur_time_write(out, report->now);
    ur_buf_literal(out, ".</p>\n");
    spoken(report, total, out);
    if (report->hellos.first) {
        offered(report, out);
    }
    breaking(report, total, out);
    counted(report, out);
    decided(report, out);
    if (report->cells.first) {
        tunnels(report, out);
    }
    ur_buf_literal(out, "<p>The same as <a href=\"?format=json\">JSON</a>, "
                        "<a href=\"?format=openmetrics\">OpenMetrics</a>, "
                        "<a href=\"?format=prometheus\">Prometheus text</a>.</p>\n"
                        "</main>\n</body>\n</html>\n");
}
