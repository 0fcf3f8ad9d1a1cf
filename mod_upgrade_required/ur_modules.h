#ifndef UR_MODULES_H
#define UR_MODULES_H

#include "core/metrics/ur_client_table.h"
#include "core/metrics/ur_tunnel_cell.h"

#include <httpd.h>
#include <http_config.h>
#include <apr_optional.h>

/* What the policy module does for the helper, and vice versa. Optional functions, so that
 * either module loads without the other and no symbol is exported. */

/* A policy's name, and where it is counted. */
struct ur_policy_name;

/* The name of the scope in which UpgradeKeep WebSocket stands, a section or the server; to be
 * called by its setter. Lives as long as the configuration. */
APR_DECLARE_OPTIONAL_FN(const struct ur_policy_name *, upgrade_required_label,
                        (const cmd_parms *cmd));

/* Judges a request on a route that may keep WebSocket handshakes. *label is the route's name if
 * UpgradeKeep applies; NULL if only a policy that requires WebSocket does. It becomes the
 * policy under which its tunnels are counted. *keeps is whether the route keeps handshakes at
 * all and judges this request: a subrequest or ErrorDocument request is not judged, and has
 * lost its Upgrade. OK: a valid handshake, or one that is allowed although its origin or
 * subprotocols are not accepted. DECLINED: not a handshake, or a malformed one that is allowed:
 * it must not switch protocols. Anything else: the request asked for a WebSocket and failed, it
 * has been answered, and the calling hook has to return this. Call in fixups, after the policy
 * module's own hook. */
APR_DECLARE_OPTIONAL_FN(int, upgrade_required_keep,
                        (request_rec * r, const struct ur_policy_name **label, int *keeps));

/* Whether the client receives the response over HTTP/2, from this server or from a trusted
 * proxy that may copy an Upgrade into it, where it is not allowed. */
APR_DECLARE_OPTIONAL_FN(int, upgrade_required_ends_in_http2, (request_rec * r));

/* Sends the client the end of its TLS connection, through the filters, but keeps what mod_ssl
 * knows about it for the log. 0: not possible, or no TLS. */
APR_DECLARE_OPTIONAL_FN(int, upgrade_required_end_tls, (conn_rec * c));

/* Call once in a child: where it is to count its tunnels. layout is the caller's
 * UR_TUNNEL_LAYOUT: if it differs, or nothing is counted, the place is nowhere. */
APR_DECLARE_OPTIONAL_FN(void, upgrade_required_tunnels,
                        (struct ur_tunnel_place * place, size_t layout));

/* Before the backend of a valid handshake is asked: one more for its client on the route that
 * is called by this label, where limit is how many it may hold. OK: *held has to be given back
 * with ur_client_table_give_back() when its tunnel is over, or there is none; NULL: it is not
 * counted, because the table is full. Anything else: the client holds as many as it may, it has
 * been answered, and the calling hook has to return this. */
APR_DECLARE_OPTIONAL_FN(int, upgrade_required_client,
                        (request_rec * r, const struct ur_policy_name *label,
                         apr_uint64_t limit, atomic_uint **held));

/* A tunnel was opened on a route with this name, as returned by upgrade_required_keep. */
APR_DECLARE_OPTIONAL_FN(void, upgrade_required_opened,
                        (const struct ur_policy_name *label, enum ur_carried carrier));

/* For the policy module's dump of the configuration: how many event tunnels there can be and
 * what raises the number, or why there are none; a sentence in pool. */
APR_DECLARE_OPTIONAL_FN(const char *, upgrade_wstunnel_capacity, (apr_pool_t * pool));

#endif
