#ifndef UR_OPENSSL_H
#define UR_OPENSSL_H

#include <apr_dso.h>

/* A function of the OpenSSL that mod_ssl is linked with; another module may have brought
 * another one. NULL without mod_ssl, or if its library has none of this name. For post_config
 * and later. This module is not linked with OpenSSL, so that it loads without mod_ssl. */
apr_dso_handle_sym_t ur_openssl_function(const char *name);

#endif
