#ifndef UR_REPORT_H
#define UR_REPORT_H

#include "core/response/ur_accept.h"
#include "core/metrics/ur_clients.h"
#include "core/metrics/ur_outlook.h"
#include "core/metrics/ur_tunnel_cell.h"

/* The counters as an administrator sees them. */

/* A policy as it is configured now. A name may stand for several: sections share it, or virtual
 * hosts change what they inherit. */
struct ur_in_force {
    struct ur_policy policy; /* requires nothing where handshakes are only kept */
    struct ur_schedule schedule;
    const struct ur_in_force *next; /* of the same name, and different */
};

/* One name of policies. The strings are not escaped. */
struct ur_policy_numbers {
    const char *server; /* name and port of the server whose configuration has it */
    const char *policy;
    struct ur_tally_slots tally;
    struct ur_clients_place clients;    /* those that do not meet it */
    struct ur_marks outlook;            /* decisions that may occur */
    const struct ur_in_force *in_force; /* NULL: none any more, or only in .htaccess files */
};

struct ur_report {
    struct ur_request_slots requests;
    struct ur_hello_slots hellos;
    struct ur_tunnel_cells cells; /* first is NULL: no tunnel can be carried */
    const struct ur_policy_numbers *policies;
    size_t policies_count;
    int64_t since; /* when counting began */
    int64_t now;
};

/* What the policies decided, one row for each verdict and reason that occurred or may occur. */
struct ur_decision {
    const struct ur_policy_numbers *policy;
    enum ur_verdict verdict;
    enum ur_reason reason;
};

/* All zero: before the first row. */
struct ur_decision_cursor {
    size_t policy;         /* the next row belongs to this policy, or to a later one */
    unsigned next;         /* verdict and reason in one number */
    struct ur_marks marks; /* of this policy */
};

/* Stores the next row. False after the last. */
bool ur_report_next_decision(const struct ur_report *report, struct ur_decision_cursor *cursor,
                             struct ur_decision *decision);

/* How often, for clients of all kinds. */
uint64_t ur_report_decision_count(const struct ur_decision *decision);

/* The next policy whose clients are counted; *at is 0 before the first. NULL after the last. */
const struct ur_policy_numbers *ur_report_next_counted(const struct ur_report *report,
                                                       size_t *at);

uint64_t ur_report_requests(const struct ur_report *report);

/* The next offer that a client can make, after {UR_TLS_NONE, false}: only with TLS 1.3 can it
 * be a post-quantum one; and one of an unknown version is left out if no client made it. False
 * after the last. */
bool ur_report_next_offer(const struct ur_report *report, struct ur_offer *offer);

/* The numbers of one child's tunnels. */
struct ur_child_numbers {
    long pid;
    long generation;
    bool leaving; /* it only waits for its tunnels to end */
    uint64_t open[UR_CARRIERS];
    uint64_t room; /* for event tunnels; 0: none was requested yet */
};

/* Before the first child. */
struct ur_child_cursor {
    size_t at;
    long newest; /* generation */
};

struct ur_child_cursor ur_report_first_child(const struct ur_report *report);

/* The next child that has a cell. False after the last. */
bool ur_report_next_child(const struct ur_report *report, struct ur_child_cursor *cursor,
                          struct ur_child_numbers *child);

enum ur_report_form {
    UR_REPORT_HTML,
    UR_REPORT_JSON,
    UR_REPORT_OPENMETRICS, /* version 1.0.0 */
    UR_REPORT_PROMETHEUS,  /* the text format, version 0.0.4 */
    UR_REPORT_FORMS
};

/* In order of preference among equals. */
extern const struct ur_form ur_report_forms[UR_REPORT_FORMS];

/* "none", "1.2": a TLS version as in the metrics. */
const char *ur_report_tls(enum ur_tls tls);

/* What does not fit into *out is still counted (ur_buf.h). */
void ur_report_write(enum ur_report_form form, const struct ur_report *report,
                     struct ur_buf *out);

#endif
