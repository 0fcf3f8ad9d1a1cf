#include "required/pages/ur_status.h"

#include "required/pages/ur_monitor.h"
#include "required/request/ur_request.h"
#include "required/enforce/ur_respond.h"
#include "shared/ur_text.h"

#include <apr_strings.h>
#include <http_protocol.h>
#include <mod_status.h>

/* More than most servers' numbers fill. */
#define USUAL_SIZE 16384

struct page {
    enum ur_report_form form;
    const struct ur_report *report;
};

static void write_page(struct ur_buf *out, const void *from)
{
    const struct page *page = from;

    ur_report_write(page->form, page->report, out);
}

static __attribute__((noinline)) int answer(request_rec *r)
{
    struct ur_report report;
    size_t form;

    r->allowed |= AP_METHOD_BIT << M_GET;
    if (r->method_number != M_GET) {
        return HTTP_METHOD_NOT_ALLOWED;
    }
    form = ur_request_form(r, ur_report_forms, UR_REPORT_FORMS);
    if (form == UR_REPORT_FORMS) {
        return ur_respond_no_form(r, ur_report_forms, UR_REPORT_FORMS);
    }
    if (!ur_monitor_report(&report)) {
        return ur_respond_page(
            r, HTTP_SERVICE_UNAVAILABLE, "text/plain; charset=utf-8",
            UR_SPAN("Nothing is counted: there was not enough shared memory when the server "
                    "started (UR0009 in its error log).\n"));
    }
    return ur_respond_page(r, HTTP_OK, ur_report_forms[form].content_type,
                           ur_text(r->pool, USUAL_SIZE, write_page,
                                   &(struct page){(enum ur_report_form)form, &report}));
}

/* Every request comes here. */
int ur_status_handler(request_rec *r)
{
    return ur_request_is_for(r, "upgrade-status") ? answer(r) : DECLINED;
}

static uint64_t count_verdict(const struct ur_report *report, enum ur_verdict verdict)
{
    struct ur_decision_cursor cursor = {.policy = 0};
    struct ur_decision decision;
    uint64_t count = 0;

    while (ur_report_next_decision(report, &cursor, &decision)) {
        if (decision.verdict == verdict) {
            count += ur_report_decision_count(&decision);
        }
    }
    return count;
}

static void put_child(request_rec *r, const struct ur_child_numbers *child, unsigned number,
                      bool keys)
{
    if (keys) {
        ap_rprintf(r,
                   "UpgradeChild[%u]Pid: %ld\nUpgradeChild[%u]Generation: %ld\n"
                   "UpgradeChild[%u]Leaving: %d\n",
                   number, child->pid, number, child->generation, number, child->leaving);
        ap_rprintf(r,
                   "UpgradeChild[%u]EventTunnels: %" APR_UINT64_T_FMT
                   "\nUpgradeChild[%u]ThreadTunnels: %" APR_UINT64_T_FMT "\n",
                   number, child->open[UR_CARRIED_EVENT], number,
                   child->open[UR_CARRIED_THREAD]);
        return;
    }
    ap_rprintf(r,
               "<tr><td>%ld</td><td>%ld</td><td>%s</td><td>%" APR_UINT64_T_FMT
               "</td><td>%" APR_UINT64_T_FMT "</td></tr>\n",
               child->pid, child->generation, child->leaving ? "leaving" : "serving",
               child->open[UR_CARRIED_EVENT], child->open[UR_CARRIED_THREAD]);
}

static void put_children(request_rec *r, const struct ur_report *report, bool keys)
{
    struct ur_child_cursor cursor = ur_report_first_child(report);
    struct ur_child_numbers child;

    if (!keys) {
        ap_rputs("</dl>\n<table "
                 "border=\"0\"><tr><th>Child</th><th>Generation</th><th>State</th><th>Event "
                 "tunnels</th><th>Thread tunnels</th></tr>\n",
                 r);
    }
    for (unsigned number = 0; ur_report_next_child(report, &cursor, &child); number++) {
        put_child(r, &child, number, keys);
    }
    if (!keys) {
        ap_rputs("</table>\n", r);
    }
}

static void put_tunnels(request_rec *r, const struct ur_report *report, bool keys)
{
    struct ur_tunnel_books books = ur_tunnel_cell_books(report->cells);
    uint64_t ended = 0;

    for (enum ur_outcome outcome = 0; outcome < UR_OUTCOMES; outcome++) {
        ended += books.ended[outcome];
    }
    ap_rprintf(r,
               keys ? "UpgradeTunnels: %" APR_UINT64_T_FMT
                      "\nUpgradeTunnelsLeaving: %" APR_UINT64_T_FMT
                      "\nUpgradeTunnelsEnded: %" APR_UINT64_T_FMT
                      "\nUpgradeTunnelsFull: %" APR_UINT64_T_FMT "\n"
                    : "<dt>%" APR_UINT64_T_FMT " tunnels open, %" APR_UINT64_T_FMT
                      " of them in leaving children, %" APR_UINT64_T_FMT
                      " ended, %" APR_UINT64_T_FMT " refused for lack of room</dt>\n",
               books.open + books.leaving, books.leaving, ended,
               books.turned_away[UR_TURNED_AWAY_FULL]);
    put_children(r, report, keys);
}

int ur_status_section(request_rec *r, int flags)
{
    static const struct {
        enum ur_verdict verdict;
        const char *key;
        const char *words;
    } lines[] = {{UR_VERDICT_REFUSE, "UpgradeRefused", "refused"},
                 {UR_VERDICT_REDIRECT, "UpgradeRedirected", "redirected to https"},
                 {UR_VERDICT_ANNOUNCE, "UpgradeAnnounced", "allowed with a warning"},
                 {UR_VERDICT_EXCEPT, "UpgradeExcepted", "excepted"}};
    bool keys = flags & AP_STATUS_SHORT;
    struct ur_report report;

    if (!ur_monitor_report(&report)) {
        return OK;
    }
    ap_rprintf(r,
               keys ? "UpgradeRequests: %" APR_UINT64_T_FMT "\n"
                    : "<hr />\n<h2>Upgrade policies</h2>\n<dl><dt>%" APR_UINT64_T_FMT
                      " requests since counting began</dt>\n",
               ur_report_requests(&report));
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        uint64_t count = count_verdict(&report, lines[i].verdict);
        if (keys) {
            ap_rprintf(r, "%s: %" APR_UINT64_T_FMT "\n", lines[i].key, count);
        }
        else {
            ap_rprintf(r, "<dt>%" APR_UINT64_T_FMT " %s</dt>\n", count, lines[i].words);
        }
    }
    put_tunnels(r, &report, keys);
    return OK;
}
