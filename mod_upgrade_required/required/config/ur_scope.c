#include "required/config/ur_scope.h"

#include "required/check/ur_conftree.h"
#include "required/ur_module.h"

#include <apr_hash.h>
#include <apr_strings.h>

static apr_array_header_t *scopes; /* of struct ur_scope; in pconf */
static apr_hash_t *by_section;     /* pointer to the section: its struct ur_dir_config */
static apr_hash_t *by_server;      /* pointer to the server_rec: its struct chain */
static bool taken;                 /* scopes, still */

/* The scopes of a server, by their places among all. */
struct chain {
    int first;
    int last;
};

void ur_scope_reset(apr_pool_t *pconf)
{
    taken = true;
    scopes = apr_array_make(pconf, 16, sizeof(struct ur_scope));
    by_section = apr_hash_make(pconf);
    by_server = apr_hash_make(pconf);
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

const ap_directive_t *const *ur_scope_around(apr_pool_t *pool, const ap_directive_t *directive)
{
    const ap_directive_t **around;
    size_t count = 0;

    for (const ap_directive_t *s = directive ? directive->parent : NULL; s; s = s->parent) {
        count++;
    }
    around = apr_pcalloc(pool, (count + 1) * sizeof *around);
    for (const ap_directive_t *s = directive ? directive->parent : NULL; s; s = s->parent) {
        around[--count] = s;
    }
    return around;
}

/* The main server, which has sections before it can be identified, is NULL here. */
static const server_rec *owner(const server_rec *s)
{
    return s->is_virtual ? s : NULL;
}

static int first_of(const server_rec *s)
{
    const struct chain *chain = apr_hash_get(by_server, &s, sizeof s);

    return chain ? chain->first : -1;
}

static void set_by_pointer(apr_pool_t *pool, apr_hash_t *hash, const void *key,
                           const void *value)
{
    apr_hash_set(hash, apr_pmemdup(pool, &key, sizeof key), sizeof key, value);
}

static void append_to_chain(apr_pool_t *pconf, const server_rec *s, int i)
{
    struct chain *chain = apr_hash_get(by_server, &s, sizeof s);

    if (chain) {
        APR_ARRAY_IDX(scopes, chain->last, struct ur_scope).next = i;
        chain->last = i;
    }
    else {
        chain = apr_palloc(pconf, sizeof *chain);
        *chain = (struct chain){i, i};
        set_by_pointer(pconf, by_server, s, chain);
    }
}

void ur_scope_add(const cmd_parms *cmd, const struct ur_dir_config *config)
{
    const ap_directive_t *section = cmd->directive->parent;
    const char *text = taken ? where(cmd) : NULL;

    if (!taken) {
        return;
    }
    append_to_chain(cmd->pool, owner(cmd->server), scopes->nelts);
    if (text) {
        set_by_pointer(cmd->pool, by_section, section, config);
    }
    APR_ARRAY_PUSH(scopes, struct ur_scope) = (struct ur_scope){
        .config = config,
        .server = cmd->server,
        .where = text,
        .section = section,
        .around = ur_scope_around(cmd->pool, section),
        .next = -1,
    };
}

const struct ur_dir_config *ur_scope_config(const ap_directive_t *section)
{
    return apr_hash_get(by_section, &section, sizeof section);
}

const apr_array_header_t *ur_scope_all(void)
{
    return scopes;
}

const struct ur_dir_config *ur_scope_of_server(const server_rec *s)
{
    return ap_get_module_config(s->lookup_defaults, &upgrade_required_module);
}

const struct ur_scope *ur_scope_next(const struct ur_scope *scope, const server_rec *s)
{
    int next = scope ? scope->next : first_of(NULL);

    if (next < 0 && s->is_virtual && (!scope || !scope->server->is_virtual)) {
        next = first_of(s);
    }
    return next < 0 ? NULL : &APR_ARRAY_IDX(scopes, next, const struct ur_scope);
}

/* httpd merges without writing to either side. */
static const struct ur_dir_config *merge(apr_pool_t *pool, const struct ur_dir_config *outer,
                                         const struct ur_dir_config *inner)
{
    return ur_config_merge_dir(pool, (void *)(uintptr_t)outer, (void *)(uintptr_t)inner);
}

static const struct ur_dir_config *merge_sections(apr_pool_t *pool,
                                                  const ap_directive_t *const *section,
                                                  const struct ur_dir_config *settings)
{
    for (; *section; section++) {
        const struct ur_dir_config *config = ur_scope_config(*section);
        if (config) {
            settings = merge(pool, settings, config);
        }
    }
    return settings;
}

static const struct ur_dir_config *inherit(apr_pool_t *pool, const struct ur_scope *scope,
                                           const struct ur_dir_config *settings)
{
    return merge(pool, merge_sections(pool, scope->around, settings), scope->config);
}

int ur_scope_close(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)plog;
    (void)ptemp;
    (void)s;
    taken = false;
    for (int i = 0; i < scopes->nelts; i++) {
        struct ur_scope *scope = &APR_ARRAY_IDX(scopes, i, struct ur_scope);
        scope->settings = inherit(pconf, scope, ur_scope_of_server(scope->server));
    }
    return OK;
}

/* Most virtual hosts have no settings of their own, and share those of the main server. */
const struct ur_dir_config *ur_scope_settings(apr_pool_t *pool, const struct ur_scope *scope,
                                              const server_rec *s)
{
    const struct ur_dir_config *settings = ur_scope_of_server(s);

    return scope->settings && settings == ur_scope_of_server(scope->server)
               ? scope->settings
               : inherit(pool, scope, settings);
}

const struct ur_dir_config *ur_scope_settings_in(apr_pool_t *pool,
                                                 const ap_directive_t *const *sections,
                                                 const server_rec *s)
{
    return merge_sections(pool, sections, ur_scope_of_server(s));
}

const char *ur_scope_server_name(apr_pool_t *pool, const server_rec *s)
{
    apr_port_t port = s->port ? s->port : s->addrs ? s->addrs->host_port : 0;
    const char *name = s->server_hostname ? s->server_hostname : "main server";

    return port ? apr_psprintf(pool, "%s:%u", name, port) : name;
}
