#include "required/request/ur_openssl.h"

#include <dlfcn.h>

#include <httpd.h>
#include <http_config.h>

/* A mod_ssl that is built in has no handle, and its library is the program's. */
apr_dso_handle_sym_t ur_openssl_function(const char *name)
{
    const module *mod_ssl = ap_find_linked_module("mod_ssl.c");
    apr_dso_handle_sym_t function = NULL;

    if (!mod_ssl) {
        return NULL;
    }
    if (!mod_ssl->dynamic_load_handle) {
        return dlsym(RTLD_DEFAULT, name);
    }
    return apr_dso_sym(&function, mod_ssl->dynamic_load_handle, name) == APR_SUCCESS ? function
                                                                                     : NULL;
}
