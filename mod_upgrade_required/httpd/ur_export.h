#ifndef UR_EXPORT_H
#define UR_EXPORT_H

#include <httpd.h>
#include <apr_optional.h>

/* What the policy module does for the helper of mod_proxy. An optional function, so that
 * either module loads without the other and no symbol is exported. */

/* Judges a request on a route that may keep WebSocket handshakes. name is what the route is
 * called where UpgradeKeep says so; NULL where only a policy that demands WebSocket does.
 * *keeps tells whether the route keeps handshakes at all. OK: this is a valid one. DECLINED:
 * it is none, or an exception lets a bad one pass: nothing may be switched. Anything else: the
 * request asked for a WebSocket and failed, it has been answered, and the calling hook has to
 * return this. To be called in fixups, after the policy module's own hook. */
APR_DECLARE_OPTIONAL_FN(int, upgrade_required_keep,
                        (request_rec * r, const char *name, int *keeps));

#endif
