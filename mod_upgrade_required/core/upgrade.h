#ifndef UPGRADE_H
#define UPGRADE_H

/* The whole core, for programs that embed it: C11, neither httpd nor APR. test/embed/ shows a
 * program that judges a request and writes the response. */

#include "core/text/ur_ascii.h"
#include "core/text/ur_buf.h"
#include "core/text/ur_escape.h"
#include "core/text/ur_jitter.h"
#include "core/text/ur_json.h"
#include "core/text/ur_list.h"
#include "core/text/ur_span.h"
#include "core/text/ur_time.h"
#include "core/text/ur_url.h"
#include "core/text/ur_version.h"

#include "core/protocol/ur_client_hello.h"
#include "core/protocol/ur_frames.h"
#include "core/protocol/ur_group.h"
#include "core/protocol/ur_head.h"
#include "core/protocol/ur_origin.h"
#include "core/protocol/ur_path.h"
#include "core/protocol/ur_product.h"
#include "core/protocol/ur_protocol.h"
#include "core/protocol/ur_sieve.h"
#include "core/protocol/ur_ssl_protocol.h"
#include "core/protocol/ur_switch_101.h"
#include "core/protocol/ur_upgrade_426.h"
#include "core/protocol/ur_wskey.h"

#include "core/policy/ur_decide.h"
#include "core/policy/ur_handshake.h"
#include "core/policy/ur_policy.h"
#include "core/policy/ur_reason.h"
#include "core/policy/ur_schedule.h"
#include "core/policy/ur_settings.h"
#include "core/policy/ur_trusted_proxy.h"

#include "core/response/ur_accept.h"
#include "core/response/ur_body.h"
#include "core/response/ur_page.h"
#include "core/response/ur_reply.h"

#include "core/metrics/ur_cache_line.h"
#include "core/metrics/ur_client_table.h"
#include "core/metrics/ur_clients.h"
#include "core/metrics/ur_counters.h"
#include "core/metrics/ur_drain.h"
#include "core/metrics/ur_farewell.h"
#include "core/metrics/ur_largest.h"
#include "core/metrics/ur_outcome.h"
#include "core/metrics/ur_outlook.h"
#include "core/metrics/ur_report.h"
#include "core/metrics/ur_size.h"
#include "core/metrics/ur_sketch.h"
#include "core/metrics/ur_tunnel_budget.h"
#include "core/metrics/ur_tunnel_cell.h"

#include "core/probe/ur_probe.h"

#endif
