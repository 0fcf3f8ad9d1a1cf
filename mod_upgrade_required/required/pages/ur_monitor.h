#ifndef UR_MONITOR_H
#define UR_MONITOR_H

#include "required/config/ur_policy_name.h"
#include "core/metrics/ur_client_table.h"
#include "core/metrics/ur_report.h"

#include <ap_mpm.h>
#include <httpd.h>
#include <mpm_common.h>

/* Counts, in shared memory that outlives graceful restarts: children of old generations
 * continue to count into it, and a policy that keeps its name keeps its numbers. */

/* post_config, last: finds or creates the memory, and makes each name point to its counters. If
 * that fails, nothing is counted, and the log says so. */
int ur_monitor_open(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/* With the levels that the request has (ur_request_levels()). */
void ur_monitor_request(unsigned levels);

/* Counts a ClientHello, or the failure of its handshake. */
void ur_monitor_hello(struct ur_offer offer);
void ur_monitor_hello_failure(enum ur_tls highest);

void ur_monitor_decision(const struct ur_policy_name *label, enum ur_verdict verdict,
                         enum ur_reason reason, struct ur_seen seen);

/* The client of a request that does not meet its policy (ur_clients.h). */
void ur_monitor_client(const struct ur_policy_name *label, uint64_t hash, uint64_t network,
                       struct ur_span product);

/* A request met its policy. */
void ur_monitor_allowed(const struct ur_policy_name *label, unsigned levels);

/* A client may be refused a tunnel under the policy, for it holds its maximum. */
void ur_monitor_may_limit(const struct ur_policy_name *label);

/* Call once in a child: where it counts its tunnels; nowhere, if nothing is counted. */
struct ur_tunnel_place ur_monitor_tunnels(void);

/* The clients that hold tunnels; an empty table if nothing is counted. */
const struct ur_client_table *ur_monitor_clients(void);

/* A tunnel is not counted for its client. full: because the table of clients is; true: this was
 * the first time since the server was started. */
bool ur_monitor_unlimited(bool full);

/* A tunnel was opened under the policy. */
void ur_monitor_opened(const struct ur_policy_name *label, enum ur_carried carrier);

/* child_status, in the parent process: a child that has exited has no tunnels; those that it
 * has not ended itself are lost. */
void ur_monitor_child(server_rec *s, pid_t pid, ap_generation_t generation, int slot,
                      mpm_child_status state);

/* What has been counted up to now. False if nothing is counted. The arrays live as long as the
 * server. */
bool ur_monitor_report(struct ur_report *report);

#endif
