#include "httpd/ur_conftree.h"

#include <apr_hash.h>
#include <apr_strings.h>

struct ur_conftree {
    apr_pool_t *pool;
    server_rec *main_server;
    apr_hash_t *servers; /* pointer to the <VirtualHost> directive: server_rec */
    apr_hash_t
        *last[UR_CONFTREE_NAMES]; /* server_rec pointer: its last directive of the name */
};

bool ur_conftree_is(const ap_directive_t *directive, const char *name)
{
    return ap_cstr_casecmp(directive->directive, name) == 0;
}

const char *ur_conftree_at(apr_pool_t *pool, const ap_directive_t *directive)
{
    return apr_psprintf(pool, "%s:%d", directive->filename, directive->line_num);
}

static server_rec *server_of(const struct ur_conftree *tree, const ap_directive_t *section)
{
    server_rec *s = apr_hash_get(tree->servers, &section, sizeof section);

    return s ? s : tree->main_server;
}

static void walk(const struct ur_conftree *tree, server_rec *s, const ap_directive_t *directive,
                 ur_conftree_visit *visit, void *context)
{
    for (; directive; directive = directive->next) {
        visit(context, directive, s);
        if (directive->first_child) {
            bool virtual_host = ur_conftree_is(directive, "<VirtualHost");
            walk(tree, virtual_host ? server_of(tree, directive) : s, directive->first_child,
                 visit, context);
        }
    }
}

void ur_conftree_walk(const struct ur_conftree *tree, ur_conftree_visit *visit, void *context)
{
    walk(tree, tree->main_server, ap_conftree, visit, context);
}

static void set_by_pointer(const struct ur_conftree *tree, apr_hash_t *hash, const void *key,
                           const void *value)
{
    apr_hash_set(hash, apr_pmemdup(tree->pool, &key, sizeof key), sizeof key, value);
}

static void remember(void *context, const ap_directive_t *directive, server_rec *s)
{
    static const char *const names[UR_CONFTREE_NAMES] = {
        [UR_CONFTREE_SSL_ENGINE] = "SSLEngine",
        [UR_CONFTREE_SSL_PROTOCOL] = "SSLProtocol",
        [UR_CONFTREE_CACHE_QUICK_HANDLER] = "CacheQuickHandler",
        [UR_CONFTREE_SERVER_ALIAS] = "ServerAlias",
    };
    struct ur_conftree *tree = context;

    if (directive->parent && !ur_conftree_is(directive->parent, "<VirtualHost")) {
        return;
    }
    for (int name = 0; name < UR_CONFTREE_NAMES; name++) {
        if (ur_conftree_is(directive, names[name])) {
            set_by_pointer(tree, tree->last[name], s, directive);
        }
    }
}

/* A server_rec remembers where its section begins. */
static void find_servers(const struct ur_conftree *tree)
{
    apr_hash_t *by_place = apr_hash_make(tree->pool);

    for (server_rec *s = tree->main_server->next; s; s = s->next) {
        if (s->defn_name) {
            apr_hash_set(by_place,
                         apr_psprintf(tree->pool, "%s:%u", s->defn_name, s->defn_line_number),
                         APR_HASH_KEY_STRING, s);
        }
    }
    for (const ap_directive_t *section = ap_conftree; section; section = section->next) {
        if (ur_conftree_is(section, "<VirtualHost")) {
            set_by_pointer(tree, tree->servers, section,
                           apr_hash_get(by_place, ur_conftree_at(tree->pool, section),
                                        APR_HASH_KEY_STRING));
        }
    }
}

struct ur_conftree *ur_conftree_open(apr_pool_t *pool, server_rec *main_server)
{
    struct ur_conftree *tree = apr_pcalloc(pool, sizeof *tree);

    tree->pool = pool;
    tree->main_server = main_server;
    tree->servers = apr_hash_make(pool);
    for (int name = 0; name < UR_CONFTREE_NAMES; name++) {
        tree->last[name] = apr_hash_make(pool);
    }
    find_servers(tree);
    ur_conftree_walk(tree, remember, tree);
    return tree;
}

const ap_directive_t *ur_conftree_last(const struct ur_conftree *tree, const server_rec *s,
                                       enum ur_conftree_name name)
{
    return apr_hash_get(tree->last[name], &s, sizeof s);
}

const ap_directive_t *ur_conftree_effective(const struct ur_conftree *tree, const server_rec *s,
                                            enum ur_conftree_name name)
{
    const ap_directive_t *own = ur_conftree_last(tree, s, name);

    return own ? own : ur_conftree_last(tree, tree->main_server, name);
}
