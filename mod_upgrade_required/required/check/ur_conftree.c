#include "required/check/ur_conftree.h"

#include <apr_fnmatch.h>
#include <apr_hash.h>
#include <apr_strings.h>

struct ur_conftree {
    apr_pool_t *pool;
    server_rec *main_server;
    apr_hash_t *servers; /* pointer to the <VirtualHost> directive: server_rec */
    apr_hash_t *last[UR_CONFTREE_NAMES]; /* pointer to the server_rec: ap_directive_t */
    apr_array_header_t *https;           /* apr_port_t, of Listen */
};

static const char *const names[UR_CONFTREE_NAMES] = {
#define UR_SPELL(name, spelt) [UR_CONFTREE_##name] = (spelt),
    UR_EACH_CONFTREE_NAME(UR_SPELL)
#undef UR_SPELL
};

bool ur_conftree_is(const ap_directive_t *directive, const char *name)
{
    return ap_cstr_casecmp(directive->directive, name) == 0;
}

const char *ur_conftree_at(apr_pool_t *pool, const ap_directive_t *directive)
{
    return apr_psprintf(pool, "%s:%d", directive->filename, directive->line_num);
}

bool ur_conftree_has_word(apr_pool_t *pool, const ap_directive_t *directive, const char *word)
{
    const char *arguments = directive->args;

    while (*arguments) {
        if (ap_cstr_casecmp(ap_getword_conf(pool, &arguments), word) == 0) {
            return true;
        }
    }
    return false;
}

const char *ur_conftree_word(apr_pool_t *pool, const ap_directive_t *directive, int n)
{
    const char *arguments = directive->args;
    const char *word = ap_getword_conf(pool, &arguments);

    while (n-- > 0) {
        word = ap_getword_conf(pool, &arguments);
    }
    return word;
}

const char *ur_conftree_spelt(apr_pool_t *pool, const ap_directive_t *section)
{
    apr_size_t len = strlen(section->args);
    bool closed = len && section->args[len - 1] == '>';

    return apr_pstrcat(pool, section->directive, " ", section->args, closed ? "" : ">", NULL);
}

const ap_directive_t *ur_conftree_section(const ap_directive_t *directive)
{
    const ap_directive_t *section = directive->parent;

    return section && !ur_conftree_is(section, "<VirtualHost") ? section : NULL;
}

const char *ur_conftree_path(apr_pool_t *pool, const ap_directive_t *section)
{
    char *path;
    apr_size_t len;

    if (!section) {
        return "/";
    }
    while (section && !ur_conftree_is(section, "<Location")) {
        section = ur_conftree_section(section);
    }
    if (!section) {
        return NULL;
    }
    path = apr_pstrdup(pool, ur_conftree_word(pool, section, 0));
    len = strlen(path);
    if (len && path[len - 1] == '>') {
        path[len - 1] = '\0';
    }
    return *path == '/' && !apr_fnmatch_test(path) ? path : NULL;
}

bool ur_conftree_listens_https(const struct ur_conftree *tree, apr_port_t port)
{
    for (int i = 0; i < tree->https->nelts; i++) {
        if (APR_ARRAY_IDX(tree->https, i, apr_port_t) == port) {
            return true;
        }
    }
    return false;
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

/* "Listen [address:]port [protocol]" */
static void remember_listen(struct ur_conftree *tree, const ap_directive_t *directive)
{
    const char *arguments = directive->args;
    const char *address = ap_getword_conf(tree->pool, &arguments);
    const char *protocol = ap_getword_conf(tree->pool, &arguments);
    const char *colon = strrchr(address, ':');
    apr_port_t port = (apr_port_t)atoi(colon ? colon + 1 : address);

    if (*protocol ? ap_cstr_casecmp(protocol, "https") == 0 : port == 443) {
        APR_ARRAY_PUSH(tree->https, apr_port_t) = port;
    }
}

/* OpenSSL has three names for the command. Two values of the third mean what it does anyway. */
static bool sets_groups(apr_pool_t *pool, const ap_directive_t *directive)
{
    const char *command = ur_conftree_word(pool, directive, 0);
    const char *value = ur_conftree_word(pool, directive, 1);

    return ap_cstr_casecmp(command, "Groups") == 0 || ap_cstr_casecmp(command, "Curves") == 0 ||
           (ap_cstr_casecmp(command, "ECDHParameters") == 0 &&
            ap_cstr_casecmp(value, "automatic") != 0 &&
            ap_cstr_casecmp(value, "+automatic") != 0);
}

/* Of the directives that have many purposes. */
static bool is_meant(const struct ur_conftree *tree, const ap_directive_t *directive, int name)
{
    switch (name) {
    case UR_CONFTREE_SSL_GROUPS:
        return sets_groups(tree->pool, directive);
    case UR_CONFTREE_ANY_ALIAS:
        return ur_conftree_has_word(tree->pool, directive, "*");
    default:
        return true;
    }
}

static void remember(void *context, const ap_directive_t *directive, server_rec *s)
{
    struct ur_conftree *tree = context;

    if (directive->parent && !ur_conftree_is(directive->parent, "<VirtualHost")) {
        return;
    }
    if (ur_conftree_is(directive, "Listen")) {
        remember_listen(tree, directive);
    }
    for (int name = 0; name < UR_CONFTREE_NAMES; name++) {
        if (ur_conftree_is(directive, names[name]) && is_meant(tree, directive, name)) {
            set_by_pointer(tree, tree->last[name], s, directive);
        }
    }
}

static const char *place_of(apr_pool_t *pool, const server_rec *s)
{
    return s->defn_name ? apr_psprintf(pool, "%s:%u", s->defn_name, s->defn_line_number) : "";
}

/* The servers of each place, in the order of their sections: httpd puts each new one at the
 * front of its list. */
static apr_hash_t *servers_by_place(const struct ur_conftree *tree)
{
    apr_hash_t *by_place = apr_hash_make(tree->pool);

    for (server_rec *s = tree->main_server->next; s; s = s->next) {
        const char *place = place_of(tree->pool, s);
        apr_array_header_t *servers = apr_hash_get(by_place, place, APR_HASH_KEY_STRING);
        if (!servers) {
            servers = apr_array_make(tree->pool, 1, sizeof s);
            apr_hash_set(by_place, place, APR_HASH_KEY_STRING, servers);
        }
        APR_ARRAY_PUSH(servers, server_rec *) = s;
    }
    return by_place;
}

/* A server_rec remembers where its section begins. A file that is included twice has two at one
 * place. */
static void find_servers(const struct ur_conftree *tree)
{
    apr_hash_t *by_place = servers_by_place(tree);

    for (const ap_directive_t *section = ap_conftree; section; section = section->next) {
        apr_array_header_t *servers =
            ur_conftree_is(section, "<VirtualHost")
                ? apr_hash_get(by_place, ur_conftree_at(tree->pool, section),
                               APR_HASH_KEY_STRING)
                : NULL;
        server_rec **last = servers ? apr_array_pop(servers) : NULL;
        if (last) {
            set_by_pointer(tree, tree->servers, section, *last);
        }
    }
}

struct ur_conftree *ur_conftree_open(apr_pool_t *pool, server_rec *main_server)
{
    struct ur_conftree *tree = apr_pcalloc(pool, sizeof *tree);

    tree->pool = pool;
    tree->main_server = main_server;
    tree->servers = apr_hash_make(pool);
    tree->https = apr_array_make(pool, 2, sizeof(apr_port_t));
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

const ap_directive_t *ur_conftree_child(const ap_directive_t *section, const char *name)
{
    const ap_directive_t *last = NULL;

    for (const ap_directive_t *child = section->first_child; child; child = child->next) {
        last = ur_conftree_is(child, name) ? child : last;
    }
    return last;
}

const ap_directive_t *ur_conftree_in_force(const struct ur_conftree *tree,
                                           const ap_directive_t *section, const server_rec *s,
                                           enum ur_conftree_name name)
{
    for (; section; section = ur_conftree_section(section)) {
        const ap_directive_t *said = ur_conftree_child(section, names[name]);
        if (said) {
            return said;
        }
    }
    return ur_conftree_effective(tree, s, name);
}
