#include "core/metrics/ur_report_forms.h"

const struct ur_form ur_report_forms[UR_REPORT_FORMS] = {
    [UR_REPORT_HTML] =
        {"html", {"text", 4}, {"html", 4}, {NULL, 0}, "text/html; charset=utf-8"},
    [UR_REPORT_JSON] =
        {"json", {"application", 11}, {"json", 4}, {NULL, 0}, "application/json"},
    [UR_REPORT_OPENMETRICS] = {"openmetrics",
                               {"application", 11},
                               {"openmetrics-text", 16},
                               {NULL, 0},
                               "application/openmetrics-text; version=1.0.0; charset=utf-8"},
    [UR_REPORT_PROMETHEUS] = {"prometheus",
                              {"text", 4},
                              {"plain", 5},
                              {NULL, 0},
                              "text/plain; version=0.0.4; charset=utf-8"},
};

const char *ur_report_tls(enum ur_tls tls)
{
    return tls == UR_TLS_NONE ? "none" : ur_protocol_tls(tls);
}

const char *ur_report_direction(enum ur_direction direction)
{
    static const char *const words[] = {
        [UR_DIRECTION_RECEIVED] = "received", [UR_DIRECTION_SENT] = "sent"};

    return words[direction];
}

bool ur_report_next_decision(const struct ur_report *report, struct ur_decision_cursor *cursor,
                             struct ur_decision *decision)
{
    for (; cursor->policy < report->policies_count; cursor->policy++, cursor->next = 0) {
        const struct ur_policy_numbers *policy = &report->policies[cursor->policy];
        if (cursor->next == 0) {
            cursor->marks = ur_counters_marks(policy->tally);
            ur_counters_unite(&cursor->marks, &policy->outlook);
        }
        while (cursor->next < (int)UR_VERDICTS * (int)UR_REASONS) {
            enum ur_verdict verdict = (enum ur_verdict)(cursor->next / UR_REASONS);
            enum ur_reason reason = (enum ur_reason)(cursor->next % UR_REASONS);
            cursor->next++;
            if (ur_counters_marked(&cursor->marks, verdict, reason)) {
                *decision = (struct ur_decision){policy, verdict, reason};
                return true;
            }
        }
    }
    return false;
}

bool ur_report_next_seen(struct ur_seen *seen)
{
    if (seen->http == UR_HTTP_ANY) {
        *seen = (struct ur_seen){.http = UR_HTTP_0_9};
    }
    else if (seen->tls < UR_TLS_1_3) {
        seen->tls++;
    }
    else {
        *seen = (struct ur_seen){.http = seen->http + 1};
    }
    return seen->http <= UR_HTTP_2;
}

uint64_t ur_report_decision_count(const struct ur_decision *decision)
{
    struct ur_seen seen = {.http = UR_HTTP_ANY};
    uint64_t count = 0;

    while (ur_report_next_seen(&seen)) {
        count += ur_counters_decisions(decision->policy->tally, decision->verdict,
                                       decision->reason, seen);
    }
    return count;
}

const struct ur_policy_numbers *ur_report_next_counted(const struct ur_report *report,
                                                       size_t *at)
{
    while (*at < report->policies_count) {
        const struct ur_policy_numbers *policy = &report->policies[(*at)++];
        if (ur_clients_expected(policy->clients)) {
            return policy;
        }
    }
    return NULL;
}

uint64_t ur_report_requests(const struct ur_report *report)
{
    struct ur_seen seen = {.http = UR_HTTP_ANY};
    uint64_t count = 0;

    while (ur_report_next_seen(&seen)) {
        count += ur_counters_requests(report->requests, seen);
    }
    return count;
}

bool ur_report_next_offer(const struct ur_report *report, struct ur_offer *offer)
{
    if (offer->highest == UR_TLS_1_3) {
        bool first = !offer->post_quantum;
        offer->post_quantum = true;
        return first;
    }
    offer->highest++;
    if (offer->highest == UR_TLS_SOME && !ur_counters_hellos(report->hellos, *offer)) {
        offer->highest++;
    }
    return true;
}

struct ur_child_cursor ur_report_first_child(const struct ur_report *report)
{
    return (struct ur_child_cursor){0, ur_tunnel_cell_newest(report->cells)};
}

bool ur_report_next_child(const struct ur_report *report, struct ur_child_cursor *cursor,
                          struct ur_child_numbers *child)
{
    while (cursor->at < report->cells.count) {
        const struct ur_tunnel_cell *cell = &report->cells.first[cursor->at++];
        long pid = atomic_load(&cell->pid);
        if (pid) {
            *child = (struct ur_child_numbers){
                .pid = pid,
                .generation = atomic_load(&cell->generation),
                .leaving = ur_tunnel_cell_leaving(cell, cursor->newest),
                .open = {[UR_CARRIED_EVENT] = ur_tunnel_cell_open(cell, UR_CARRIED_EVENT),
                         [UR_CARRIED_THREAD] = ur_tunnel_cell_open(cell, UR_CARRIED_THREAD)},
                .room = atomic_load(&cell->room),
            };
            return true;
        }
    }
    return false;
}

void ur_report_write(enum ur_report_form form, const struct ur_report *report,
                     struct ur_buf *out)
{
    switch (form) {
    case UR_REPORT_HTML:
        ur_report_html(report, out);
        break;
    case UR_REPORT_JSON:
        ur_report_json(report, out);
        break;
    default:
        ur_report_metrics(report, form == UR_REPORT_OPENMETRICS, out);
        break;
    }
}
