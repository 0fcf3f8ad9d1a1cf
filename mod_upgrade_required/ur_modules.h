#ifndef UR_MODULES_H
#define UR_MODULES_H

#include "core/metrics/ur_tunnel_cell.h"

#include <httpd.h>
#include <http_config.h>
#include <apr_optional.h>

/* What the policy module does for the helper of mod_proxy, and the other way round. Optional
 * functions, so that either module loads without the other and no symbol is exported. */

/* A policy's name, and where it is counted. */
struct ur_policy_name;

/* The name of the scope in which UpgradeKeep WebSocket stands, a section or the server; to be
 * called by its setter. Lives as long as the configuration. */
APR_DECLARE_OPTIONAL_FN(const struct ur_policy_name *, upgrade_required_label,
                        (const cmd_parms *cmd));

/* Judges a request on a route that may keep WebSocket handshakes. *label is what the route is
 * called where UpgradeKeep says so; NULL where only a policy that demands WebSocket does. It
 * becomes the policy under which its tunnels are counted.
 * *keeps tells whether the route keeps handshakes at all, and judges this request: a
 * subrequest's or an ErrorDocument's is not judged, and has lost its Upgrade. OK: this is a
 * valid one, or one that is let pass although its origin or its subprotocols are not accepted.
 * DECLINED: it is none, or a bad one is let pass: nothing may be switched. Anything else: the
 * request asked for a WebSocket and failed, it has been answered, and the calling hook has to
 * return this. To be called in fixups, after the policy module's own hook. */
APR_DECLARE_OPTIONAL_FN(int, upgrade_required_keep,
                        (request_rec * r, const struct ur_policy_name **label, int *keeps));

/* Whether the client reads the answer over HTTP/2, from this server or from a trusted proxy
 * that may copy an Upgrade into it, where it must not be. */
APR_DECLARE_OPTIONAL_FN(int, upgrade_required_ends_in_http2, (request_rec * r));

/* Tells the client that its TLS connection is over, through the filters, and without taking
 * what mod_ssl knows of it, so that a log can still have it. 0: cannot be done, or there is no
 * TLS. */
APR_DECLARE_OPTIONAL_FN(int, upgrade_required_end_tls, (conn_rec * c));

/* To be called once in a child: where it is to count its tunnels. layout is UR_TUNNEL_LAYOUT as
 * the caller has it: where that is another, or nothing is counted, the place is nowhere. */
APR_DECLARE_OPTIONAL_FN(void, upgrade_required_tunnels,
                        (struct ur_tunnel_place * place, size_t layout));

/* A tunnel was opened on a route that is called by this label; as it came from
 * upgrade_required_keep. */
APR_DECLARE_OPTIONAL_FN(void, upgrade_required_opened,
                        (const struct ur_policy_name *label, enum ur_carried carrier));

/* What the helper does for the policy module's dump of the configuration: how many event
 * tunnels there may be and what raises the number, or why there are none; a sentence in pool.
 */
APR_DECLARE_OPTIONAL_FN(const char *, upgrade_wstunnel_capacity, (apr_pool_t * pool));

#endif
