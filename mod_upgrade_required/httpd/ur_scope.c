#include "httpd/ur_scope.h"

#include "httpd/ur_conftree.h"
#include "httpd/ur_module.h"

#include <apr_hash.h>
#include <apr_strings.h>

static apr_array_header_t *scopes; /* of struct ur_scope; in pconf */
static apr_hash_t *by_section;     /* pointer to the section: its struct ur_dir_config */
static bool taken;                 /* scopes, still */

void ur_scope_reset(apr_pool_t *pconf)
{
    taken = true;
    scopes = apr_array_make(pconf, 16, sizeof(struct ur_scope));
    by_section = apr_hash_make(pconf);
}

static const char *where(const cmd_parms *cmd)
{
    const char *text = NULL;

    for (const ap_directive_t *section = cmd->directive->parent; section;
         section = section->parent) {
        const char *name = ur_conftree_spelt(cmd->pool, section);
        if (ap_cstr_casecmp(section->directive, "<VirtualHost") != 0) {
            text = text ? apr_pstrcat(cmd->pool, text, " in ", name, NULL) : name;
        }
    }
    return text;
}

void ur_scope_close(void)
{
    taken = false;
}

/* The outermost first. */
static const ap_directive_t **sections_around(apr_pool_t *pool, const ap_directive_t *section)
{
    const ap_directive_t **around;
    size_t count = 0;

    for (const ap_directive_t *s = section ? section->parent : NULL; s; s = s->parent) {
        count++;
    }
    around = apr_pcalloc(pool, (count + 1) * sizeof *around);
    for (const ap_directive_t *s = section ? section->parent : NULL; s; s = s->parent) {
        around[--count] = s;
    }
    return around;
}

void ur_scope_add(const cmd_parms *cmd, const struct ur_dir_config *config)
{
    const ap_directive_t *section = cmd->directive->parent;

    if (taken) {
        apr_hash_set(by_section, apr_pmemdup(cmd->pool, &section, sizeof section),
                     sizeof section, config);
        APR_ARRAY_PUSH(scopes, struct ur_scope) = (struct ur_scope){
            .config = config,
            .server = cmd->server,
            .where = where(cmd),
            .section = section,
            .around = sections_around(cmd->pool, section),
        };
    }
}

const apr_array_header_t *ur_scope_all(void)
{
    return scopes;
}

const struct ur_dir_config *ur_scope_of_server(const server_rec *s)
{
    return ap_get_module_config(s->lookup_defaults, &upgrade_required_module);
}

bool ur_scope_holds(const struct ur_scope *scope, const server_rec *s)
{
    return scope->server == s || !scope->server->is_virtual;
}

/* httpd merges without writing to either side. */
static const struct ur_dir_config *merge(apr_pool_t *pool, const struct ur_dir_config *outer,
                                         const struct ur_dir_config *inner)
{
    return ur_config_merge_dir(pool, (void *)(uintptr_t)outer, (void *)(uintptr_t)inner);
}

const struct ur_dir_config *ur_scope_settings(apr_pool_t *pool, const struct ur_scope *scope,
                                              const server_rec *s)
{
    const struct ur_dir_config *settings = ur_scope_of_server(s);

    for (const ap_directive_t *const *section = scope->around; *section; section++) {
        const struct ur_dir_config *outer =
            ur_conftree_is(*section, "<VirtualHost")
                ? NULL
                : apr_hash_get(by_section, section, sizeof *section);
        if (outer) {
            settings = merge(pool, settings, outer);
        }
    }
    return merge(pool, settings, scope->config);
}

const char *ur_scope_server_name(apr_pool_t *pool, const server_rec *s)
{
    apr_port_t port = s->port ? s->port : s->addrs ? s->addrs->host_port : 0;
    const char *name = s->server_hostname ? s->server_hostname : "main server";

    return port ? apr_psprintf(pool, "%s:%u", name, port) : name;
}
