#include "required/request/ur_target.h"

#include "shared/ur_text.h"
#include "core/protocol/ur_path.h"
#include "core/text/ur_url.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

bool ur_target_is_acme_challenge(const request_rec *r)
{
    static const char PREFIX[] = "/.well-known/acme-challenge/";
    const char *token;

    if (r->method_number != M_GET || strncmp(r->unparsed_uri, PREFIX, sizeof PREFIX - 1) != 0) {
        return false;
    }
    token = r->unparsed_uri + sizeof PREFIX - 1;
    for (const char *c = token; *c; c++) {
        if (!apr_isalnum(*c) && *c != '-' && *c != '_') {
            return false;
        }
    }
    return *token != '\0';
}

/* The part after scheme and authority, "" if empty; NULL for the forms without a path ("*",
 * CONNECT's). */
static const char *behind_authority(const char *target)
{
    const char *authority;

    if (*target == '/') {
        return target;
    }
    authority = strstr(target, "://");
    if (!authority) {
        return NULL;
    }
    target = strpbrk(authority + 3, "/?#");
    return target ? target : "";
}

bool ur_target_is_plain(const request_rec *r)
{
    for (; r; r = r->prev) {
        size_t len = strcspn(r->unparsed_uri, "?");
        if (!ur_path_plain(apr_pstrmemdup(r->pool, r->unparsed_uri, len), len)) {
            return false;
        }
    }
    return true;
}

/* What httpd will do to the path, in place; false where it will refuse it. AllowEncodedSlashes
 * is a setting of servers, so the default section has the value that will hold. */
static bool map(const request_rec *r, char *path, bool merge)
{
    const core_dir_config *dir = ap_get_core_module_config(r->per_dir_config);
    bool slashes = dir->allow_encoded_slashes && dir->decode_encoded_slashes;
    unsigned int normalize = AP_NORMALIZE_NOT_ABOVE_ROOT;
    unsigned int unescape = AP_UNESCAPE_URL_KEEP_UNRESERVED;

    if (merge) {
        normalize |= AP_NORMALIZE_MERGE_SLASHES;
    }
    if (!dir->allow_encoded_slashes) {
        unescape |= AP_UNESCAPE_URL_FORBID_SLASHES;
    }
    else if (!slashes) {
        unescape |= AP_UNESCAPE_URL_KEEP_SLASHES;
    }
    return ap_normalize_path(path, normalize | AP_NORMALIZE_DECODE_UNRESERVED) &&
           ap_unescape_url_ex(path, unescape) == OK &&
           (!slashes || ap_normalize_path(path, normalize));
}

/* What is left of a URL without scheme, authority, query and fragment; its server gets it
 * unchanged, so that slashes count. */
static char *forwarded_path(request_rec *r)
{
    const char *raw = r->method_number == M_CONNECT ? NULL : behind_authority(r->unparsed_uri);
    char *path;

    if (!raw) {
        return apr_pstrdup(r->pool, "");
    }
    path = apr_pstrmemdup(r->pool, raw, strcspn(raw, "?#"));
    path = *path ? path : apr_pstrdup(r->pool, "/");
    return map(r, path, false) ? path : NULL;
}

char *ur_target_mapped_path(request_rec *r, bool is_mapped)
{
    const core_server_config *server = ap_get_core_module_config(r->server->module_config);
    char *path;

    if (r->proxyreq == PROXYREQ_PROXY) {
        return forwarded_path(r);
    }
    if (is_mapped || !r->parsed_uri.path) {
        return apr_pstrdup(r->pool, r->uri); /* httpd's own "/" where the URL had no path */
    }
    path = apr_pstrdup(r->pool, r->parsed_uri.path);
    return map(r, path, server->merge_slashes != AP_CORE_CONFIG_OFF) ? path : NULL;
}

/* The request target without scheme and authority; NULL for the forms that have no
 * path ("*", CONNECT's). */
static const char *raw_path(const request_rec *r)
{
    while (r->prev) {
        r = r->prev;
    }
    return behind_authority(r->unparsed_uri);
}

static bool any_name(const apr_array_header_t *names, const char *host,
                     int (*differ)(const char *host, const char *name))
{
    for (int i = 0; names && i < names->nelts; i++) {
        if (differ(host, APR_ARRAY_IDX(names, i, const char *)) == 0) {
            return true;
        }
    }
    return false;
}

/* Not ap_matches_request_vhost(): that one also takes the address in <VirtualHost ...>. */
static bool names_virtual_host(const server_rec *s, const char *host)
{
    return ap_cstr_casecmp(host, s->server_hostname) == 0 ||
           any_name(s->names, host, ap_cstr_casecmp) ||
           any_name(s->wild_names, host, ap_strcasecmp_match);
}

bool ur_target_is_own_name(const request_rec *r)
{
    return r->hostname && r->server->server_hostname &&
           names_virtual_host(r->server, r->hostname);
}

/* A request target may carry bytes that no Location may: percent-encode them. */
static void write_escaped(struct ur_buf *out, const void *target)
{
    ur_url_escape(out, ur_span_of(target));
}

static const char *escaped(apr_pool_t *pool, const char *target)
{
    if (ur_url_clean(ur_span_of(target)) && !strchr(target, '#')) {
        return target;
    }
    return ur_text(pool, strlen(target) * 3, write_escaped, target).at;
}

const char *ur_target_https_url(request_rec *r)
{
    const char *path = raw_path(r);
    const char *host = r->server->server_hostname;
    bool literal;

    if (r->proxyreq == PROXYREQ_PROXY || !path || !host) {
        return NULL;
    }
    if (ur_target_is_own_name(r)) {
        host = r->hostname;
    }
    literal = strchr(host, ':') && *host != '[';
    return apr_pstrcat(r->pool, "https://", literal ? "[" : "", host, literal ? "]" : "",
                       *path == '/' ? "" : "/", escaped(r->pool, path), NULL);
}
