#include "required/config/ur_setters.h"

#include "required/config/ur_command.h"

#include <apr_network_io.h>
#include <apr_strings.h>

/* Fields that httpd itself understands cannot be statements of an edge. */
static const char *parse_field(const cmd_parms *cmd, const char *argument, const char *name,
                               const char **field)
{
    static const char *const taken[] = {
        "Connection",     "Upgrade", "Host",          "Transfer-Encoding",
        "Content-Length", "Cookie",  "Authorization", "Proxy-Authorization"};

    if (*field) {
        return ur_setting_complain(cmd, argument,
                                   "may be given only once; remove one of the two");
    }
    if (!*name || *ap_scan_http_token(name)) {
        return ur_setting_complain(cmd, argument,
                                   "not a header name; use one such as X-Forwarded-Proto");
    }
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        if (ap_cstr_casecmp(name, taken[i]) == 0) {
            return ur_setting_complain(cmd, argument,
                                       "has a meaning of its own in HTTP; have the proxy send "
                                       "the client's protocol in another header");
        }
    }
    *field = name;
    return NULL;
}

/* "address", "address/bits", "address/mask", or the beginning of an IPv4 address, as Require
 * ip has them. */
static const char *parse_network(const cmd_parms *cmd, const char *text,
                                 apr_array_header_t *networks)
{
    char *address = apr_pstrdup(cmd->temp_pool, text);
    char *mask = strchr(address, '/');
    apr_ipsubnet_t *network;

    if (mask) {
        *mask++ = '\0';
    }
    if (apr_ipsubnet_create(&network, address, mask, cmd->pool) != APR_SUCCESS) {
        return NULL;
    }
    APR_ARRAY_PUSH(networks, apr_ipsubnet_t *) = network;
    return text;
}

static const char *parse_argument(const cmd_parms *cmd, const char *argument,
                                  struct ur_trusted_proxy *proxy)
{
    static const char *const names[] = {"tls", "http", "scheme", "group"};
    const char **const fields[] = {&proxy->tls, &proxy->http, &proxy->scheme, &proxy->group};
    const char *error = ur_setting_check_control(cmd, argument);

    if (error) {
        return error;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = ur_setting_value_of(argument, names[i]);
        if (value) {
            return parse_field(cmd, argument, value, fields[i]);
        }
    }
    return parse_network(cmd, argument, proxy->networks)
               ? NULL
               : ur_setting_complain(
                     cmd, argument,
                     "not an IP address, a network, or one of tls=HEADER, "
                     "http=HEADER, scheme=HEADER, group=HEADER; use an address such as "
                     "192.0.2.1, 10.0.0.0/8 or 2001:db8::/32");
}

const char *ur_set_trusted_proxy(cmd_parms *cmd, void *dir, int argc, char *const argv[])
{
    struct ur_trusted_proxy *proxy = apr_pcalloc(cmd->pool, sizeof *proxy);
    bool none = argc == 1 && ap_cstr_casecmp(argv[0], "none") == 0;
    const char *error = NULL;

    (void)dir;
    if (ur_command_server(cmd)->trusted) {
        return apr_pstrcat(cmd->pool, cmd->cmd->name,
                           ": may appear once per server; give all addresses in one directive",
                           NULL);
    }
    proxy->networks = apr_array_make(cmd->pool, 2, sizeof(apr_ipsubnet_t *));
    for (int i = 0; !none && !error && i < argc; i++) {
        error = parse_argument(cmd, argv[i], proxy);
    }
    if (!error && !none &&
        (proxy->networks->nelts == 0 ||
         (!proxy->tls && !proxy->http && !proxy->scheme && !proxy->group))) {
        error = apr_pstrcat(cmd->pool, cmd->cmd->name,
                            ": must be none, or at least one address and one of tls=HEADER, "
                            "http=HEADER, scheme=HEADER, group=HEADER",
                            NULL);
    }
    ur_command_server(cmd)->trusted = proxy;
    return error;
}
