#include "wstunnel/proxy/ur_backend_url.h"

#include <string.h>

#include <httpd.h>

static bool has_scheme(const char *url, const char *scheme)
{
    return ap_cstr_casecmpn(url, scheme, strlen(scheme)) == 0;
}

bool ur_backend_url_is_tls(const char *url)
{
    return has_scheme(url, "https:") || has_scheme(url, "wss:");
}

bool ur_backend_url_is_http(const char *url)
{
    return ur_backend_url_is_tls(url) || has_scheme(url, "http:") || has_scheme(url, "ws:");
}

bool ur_backend_url_may_switch(const char *url)
{
    const char *behind_socket = has_scheme(url, "unix:") ? strchr(url, '|') : NULL;

    return ur_backend_url_is_http(behind_socket ? behind_socket + 1 : url) ||
           has_scheme(url, "balancer:");
}
