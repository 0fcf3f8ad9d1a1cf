#include "httpd/ur_target.h"

#include "values/ur_url.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>

bool ur_target_is_acme_challenge(const request_rec *r)
{
    static const char PREFIX[] = "/.well-known/acme-challenge/";
    const char *path = r->parsed_uri.path;
    const char *token;

    if (r->proxyreq == PROXYREQ_PROXY || !path ||
        strncmp(path, PREFIX, sizeof PREFIX - 1) != 0) {
        return false;
    }
    token = path + sizeof PREFIX - 1;
    for (const char *c = token; *c; c++) {
        if (!apr_isalnum(*c) && *c != '-' && *c != '_') {
            return false;
        }
    }
    return *token != '\0';
}

/* "..;x" is a name for httpd, but two dots for a ProxyPass with mapping=servlet, which drops
 * path parameters before it maps. */
static bool has_dots_with_parameter(const char *path)
{
    for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
        size_t dots = strspn(slash + 1, ".");
        if (dots >= 1 && dots <= 2 && slash[1 + dots] == ';') {
            return true;
        }
    }
    return false;
}

/* What ap_process_request_internal() will do to r->parsed_uri.path. AllowEncodedSlashes is
 * a setting of servers, so the default section has the value that will hold. */
char *ur_target_mapped_path(request_rec *r)
{
    const core_server_config *server = ap_get_core_module_config(r->server->module_config);
    const core_dir_config *dir = ap_get_core_module_config(r->per_dir_config);
    unsigned int normalize = AP_NORMALIZE_NOT_ABOVE_ROOT;
    unsigned int unescape = AP_UNESCAPE_URL_KEEP_UNRESERVED;
    char *path;

    if (r->proxyreq == PROXYREQ_PROXY) {
        return r->uri;
    }
    if (!r->parsed_uri.path) {
        return NULL;
    }
    path = apr_pstrdup(r->pool, r->parsed_uri.path);
    if (server->merge_slashes != AP_CORE_CONFIG_OFF) {
        normalize |= AP_NORMALIZE_MERGE_SLASHES;
    }
    if (!ap_normalize_path(path, normalize | AP_NORMALIZE_DECODE_UNRESERVED)) {
        return NULL;
    }
    if (!dir->allow_encoded_slashes) {
        unescape |= AP_UNESCAPE_URL_FORBID_SLASHES;
    }
    else if (!dir->decode_encoded_slashes) {
        unescape |= AP_UNESCAPE_URL_KEEP_SLASHES;
    }
    if (ap_unescape_url_ex(path, unescape) != OK) {
        return NULL;
    }
    if (dir->allow_encoded_slashes && dir->decode_encoded_slashes &&
        !ap_normalize_path(path, normalize)) {
        return NULL;
    }
    return has_dots_with_parameter(path) ? NULL : path;
}

/* The request target without scheme and authority; NULL for the forms that have no
 * path ("*", CONNECT's). */
static const char *raw_path(const request_rec *r)
{
    const char *target;

    while (r->prev) {
        r = r->prev;
    }
    target = r->unparsed_uri;
    if (*target != '/') {
        const char *authority = strstr(target, "://");
        if (!authority) {
            return NULL;
        }
        target = strpbrk(authority + 3, "/?#");
    }
    return target ? target : "/";
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
static const char *escaped(apr_pool_t *pool, const char *target)
{
    struct ur_span span = ur_span_of(target);
    struct ur_buf buf = {NULL, 0, 0};

    if (ur_url_clean(span) && !strchr(target, '#')) {
        return target;
    }
    ur_url_escape(&buf, span);
    buf = (struct ur_buf){apr_pcalloc(pool, buf.len + 1), buf.len, 0};
    ur_url_escape(&buf, span);
    return buf.at;
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
