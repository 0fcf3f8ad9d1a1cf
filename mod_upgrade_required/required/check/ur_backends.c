#include "required/check/ur_backends.h"

#include "required/check/ur_workers.h"

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>

/* What one server itself says. */
struct table {
    apr_hash_t *passes;           /* path: the first struct ur_backend outside of sections */
    apr_hash_t *sections;         /* path: the last one in a <Location> */
    apr_hash_t *below;            /* a path: array of the struct ur_backend * at it and below */
    apr_array_header_t *patterns; /* of struct pattern */
    bool unknown;                 /* something else maps requests too */
};

struct pattern {
    const ap_regex_t *regex;
    const struct ur_backend *backend;
};

struct ur_backends {
    apr_pool_t *pool;
    const server_rec *main_server;
    const struct ur_conftree *tree;
    apr_hash_t *tables; /* pointer to the server: struct table */
    apr_hash_t *made;   /* pointer to the ProxyPass: struct ur_backend */
    struct ur_workers *workers;
    apr_array_header_t *found; /* of struct ur_backend * */
};

static const server_rec any_server;
const server_rec *const UR_ANY_SERVER = &any_server;

/* Without slashes at its end; "" is the root. */
static const char *trimmed(apr_pool_t *pool, const char *path)
{
    apr_size_t len = strlen(path);

    while (len && path[len - 1] == '/') {
        len--;
    }
    return apr_pstrmemdup(pool, path, len);
}

static struct table *table_of(const struct ur_backends *backends, const server_rec *s)
{
    return apr_hash_get(backends->tables, &s, sizeof s);
}

static struct table *make_table(struct ur_backends *backends, const server_rec *s)
{
    struct table *table = table_of(backends, s);

    if (!table) {
        table = apr_pcalloc(backends->pool, sizeof *table);
        table->passes = apr_hash_make(backends->pool);
        table->sections = apr_hash_make(backends->pool);
        table->below = apr_hash_make(backends->pool);
        table->patterns = apr_array_make(backends->pool, 0, sizeof(struct pattern));
        apr_hash_set(backends->tables, apr_pmemdup(backends->pool, &s, sizeof s), sizeof s,
                     table);
    }
    return table;
}

/* Mappings */

static void add_below(const struct ur_backends *backends, struct table *table, const char *path,
                      apr_size_t len, const struct ur_backend *backend)
{
    apr_array_header_t *list = apr_hash_get(table->below, path, (apr_ssize_t)len);

    if (!list) {
        list = apr_array_make(backends->pool, 1, sizeof backend);
        apr_hash_set(table->below, apr_pstrmemdup(backends->pool, path, len), (apr_ssize_t)len,
                     list);
    }
    APR_ARRAY_PUSH(list, const struct ur_backend *) = backend;
}

static void add_path(const struct ur_backends *backends, struct table *table,
                     const struct ur_backend *backend)
{
    const char *path = trimmed(backends->pool, backend->path);

    if (!*backend->url) {
        /* It may serve any request, but a ProxyPass takes precedence. */
    }
    else if (backend->in_section) {
        apr_hash_set(table->sections, path, APR_HASH_KEY_STRING, backend);
    }
    else if (!apr_hash_get(table->passes, path, APR_HASH_KEY_STRING)) {
        apr_hash_set(table->passes, path, APR_HASH_KEY_STRING, backend);
    }
    for (apr_size_t len = 0; ur_workers_carry(backends->workers, backend->url); len++) {
        if (path[len] == '/' || path[len] == '\0') {
            add_below(backends, table, path, len, backend);
        }
        if (path[len] == '\0') {
            return;
        }
    }
}

static void add_pattern(const struct ur_backends *backends, const struct table *table,
                        const struct ur_backend *backend)
{
    ap_regex_t *regex = ap_pregcomp(backends->pool, backend->path, AP_REG_EXTENDED);

    if (regex) {
        APR_ARRAY_PUSH(table->patterns, struct pattern) = (struct pattern){regex, backend};
    }
}

static void add(struct ur_backends *backends, const struct ur_backend *backend)
{
    struct table *table = make_table(backends, backend->server);
    struct table *any = make_table(backends, UR_ANY_SERVER);

    if (backend->is_pattern) {
        add_pattern(backends, table, backend);
    }
    else if (backend->path) {
        add_path(backends, table, backend);
        add_path(backends, any, backend);
        return;
    }
    else {
        table->unknown = table->unknown || ur_workers_carry(backends->workers, backend->url);
    }
    any->unknown = any->unknown || ur_workers_carry(backends->workers, backend->url);
}

static void remember(struct ur_backends *backends, server_rec *s, struct ur_backend found)
{
    struct ur_backend *backend = apr_pmemdup(backends->pool, &found, sizeof found);

    backend->server = s;
    backend->place = backends->found->nelts;
    backend->worker = ur_workers_of(backends->workers, s, backend->url, backend->pass);
    APR_ARRAY_PUSH(backends->found, struct ur_backend *) = backend;
    apr_hash_set(backends->made,
                 apr_pmemdup(backends->pool, &backend->pass, sizeof backend->pass),
                 sizeof backend->pass, backend);
}

/* ProxyPass [~] [path] url ...: in a section there is no path. */
static void remember_pass(struct ur_backends *backends, server_rec *s,
                          const ap_directive_t *pass)
{
    const ap_directive_t *section = ur_conftree_section(pass);
    struct ur_backend backend = {.pass = pass, .in_section = section != NULL};
    int word = 0;

    if (section) {
        backend.path = ur_conftree_path(backends->pool, section);
    }
    else {
        backend.is_pattern = ur_conftree_is(pass, "ProxyPassMatch");
        if (strcmp(ur_conftree_word(backends->pool, pass, word), "~") == 0) {
            backend.is_pattern = true;
            word++;
        }
        backend.path = ur_conftree_word(backends->pool, pass, word++);
    }
    backend.url = ur_conftree_word(backends->pool, pass, word);
    remember(backends, s, backend);
}

/* Any other module's handler may talk WebSocket, but not those that are chosen by a file's
 * name. */
static bool may_talk(const char *handler, const ap_directive_t *section)
{
    static const char *const silent[] = {"upgrade-", "server-", "cgi", "default-", "none"};

    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        if (ap_cstr_casecmpn(handler, silent[i], strlen(silent[i])) == 0) {
            return false;
        }
    }
    return !section || ap_cstr_casecmpn(section->directive, "<Files", 6) != 0;
}

static void remember_handler(struct ur_backends *backends, server_rec *s,
                             const ap_directive_t *set)
{
    const char *handler = ur_conftree_word(backends->pool, set, 0);
    const ap_directive_t *section = ur_conftree_section(set);
    bool is_proxy = ap_cstr_casecmpn(handler, "proxy:", 6) == 0;

    if (is_proxy || may_talk(handler, section)) {
        remember(backends, s,
                 (struct ur_backend){.pass = set,
                                     .path = section ? ur_conftree_path(backends->pool, section)
                                                     : NULL,
                                     .url = is_proxy ? handler + 6 : "",
                                     .in_section = true});
    }
}

/* What maps requests in a way that only a request shows. */
static bool is_program(apr_pool_t *pool, const ap_directive_t *directive)
{
    const char *flags;

    if (ap_cstr_casecmpn(directive->directive, "Lua", 3) == 0 ||
        ap_cstr_casecmpn(directive->directive, "Perl", 4) == 0 ||
        ur_conftree_is(directive, "JkMount") || ur_conftree_is(directive, "ProxyRequests")) {
        return !ur_conftree_has_word(pool, directive, "off");
    }
    if (!ur_conftree_is(directive, "RewriteRule")) {
        return false;
    }
    flags = ur_conftree_word(pool, directive, 2);
    for (; *flags; flags += strcspn(flags, ",")) {
        flags += strspn(flags, "[, ");
        if (apr_tolower(*flags) == 'p' &&
            (flags[1] == ']' || flags[1] == ',' || ap_cstr_casecmpn(flags, "proxy", 5) == 0)) {
            return true;
        }
    }
    return false;
}

static void visit(void *context, const ap_directive_t *directive, server_rec *s)
{
    struct ur_backends *backends = context;

    ur_workers_visit(backends->workers, directive);
    if (ur_conftree_is(directive, "ProxyPass") || ur_conftree_is(directive, "ProxyPassMatch")) {
        remember_pass(backends, s, directive);
    }
    else if (ur_conftree_is(directive, "SetHandler")) {
        remember_handler(backends, s, directive);
    }
    else if (is_program(backends->pool, directive)) {
        make_table(backends, s)->unknown = true;
        make_table(backends, UR_ANY_SERVER)->unknown = true;
    }
}

struct ur_backends *ur_backends_open(apr_pool_t *pool, const struct ur_conftree *tree,
                                     server_rec *main_server)
{
    struct ur_backends *backends = apr_pcalloc(pool, sizeof *backends);

    backends->pool = pool;
    backends->main_server = main_server;
    backends->tree = tree;
    backends->tables = apr_hash_make(pool);
    backends->made = apr_hash_make(pool);
    backends->workers = ur_workers_open(pool);
    backends->found = apr_array_make(pool, 8, sizeof(struct ur_backend *));
    ur_conftree_walk(tree, visit, backends);
    for (int i = 0; i < backends->found->nelts; i++) {
        add(backends, APR_ARRAY_IDX(backends->found, i, const struct ur_backend *));
    }
    return backends;
}

/* Questions */

/* The first for a path, or for one above it. */
static const struct ur_backend *first_pass(const struct table *table, const char *path)
{
    const struct ur_backend *first = NULL;

    for (apr_ssize_t len = (apr_ssize_t)strlen(path); len >= 0; len--) {
        if (path[len] == '\0' || path[len] == '/') {
            const struct ur_backend *pass = apr_hash_get(table->passes, path, len);
            first = pass && (!first || pass->place < first->place) ? pass : first;
        }
    }
    for (int i = 0; i < table->patterns->nelts; i++) {
        const struct pattern *p = &APR_ARRAY_IDX(table->patterns, i, const struct pattern);
        if ((!first || p->backend->place < first->place) &&
            ap_regexec(p->regex, *path ? path : "/", 0, NULL, 0) == 0) {
            return p->backend;
        }
    }
    return first;
}

/* Sections are merged in their order: the last one that says so counts. */
static const struct ur_backend *last_section(const struct table *table, const char *path)
{
    const struct ur_backend *last = NULL;

    for (apr_ssize_t len = (apr_ssize_t)strlen(path); len >= 0; len--) {
        if (path[len] == '\0' || path[len] == '/') {
            const struct ur_backend *pass = apr_hash_get(table->sections, path, len);
            last = pass && (!last || pass->place > last->place) ? pass : last;
        }
    }
    return last;
}

/* A virtual host's own, then the main server's. */
static size_t tables_for(const struct ur_backends *backends, const server_rec *s,
                         const struct table *tables[2])
{
    const server_rec *const servers[] = {s, backends->main_server};
    const ap_directive_t *inherit =
        ur_conftree_effective(backends->tree, s, UR_CONFTREE_PROXY_PASS_INHERIT);
    bool alone = s == backends->main_server || s == UR_ANY_SERVER ||
                 (inherit && ur_conftree_has_word(backends->pool, inherit, "off"));
    size_t count = 0;

    for (size_t i = 0; i < (alone ? 1 : 2); i++) {
        tables[count] = table_of(backends, servers[i]);
        count += tables[count] != NULL;
    }
    return count;
}

static const struct ur_backend *proxied(const struct ur_backend *backend)
{
    return backend && *backend->url != '!' ? backend : NULL;
}

static const struct ur_backend *backend_at(const struct ur_backends *backends,
                                           const server_rec *s, const char *path)
{
    const struct table *tables[2];
    size_t count = tables_for(backends, s, tables);
    const char *key = trimmed(backends->pool, path);
    const struct ur_backend *backend = NULL;

    for (size_t i = 0; i < count && !backend; i++) {
        backend = last_section(tables[i], key);
    }
    for (size_t i = 0; i < count && !backend; i++) {
        backend = first_pass(tables[i], key);
    }
    return proxied(backend);
}

const struct ur_backend *ur_backends_of(const struct ur_backends *backends, const server_rec *s,
                                        const ap_directive_t *section)
{
    static const char *const names[] = {"ProxyPass", "ProxyPassMatch", "SetHandler"};
    const char *path;

    for (const ap_directive_t *at = section; at; at = ur_conftree_section(at)) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const ap_directive_t *pass = ur_conftree_child(at, names[i]);
            const struct ur_backend *made = pass ? ur_backends_made_by(backends, pass) : NULL;
            if (made && *made->url) {
                return proxied(made);
            }
        }
    }
    path = ur_conftree_path(backends->pool, section);
    return path ? backend_at(backends, s, path) : NULL;
}

static void append(apr_array_header_t *list, const struct ur_backend *backend)
{
    APR_ARRAY_PUSH(list, const struct ur_backend *) = backend;
}

static void append_patterns(const struct ur_backends *backends, const struct table *table,
                            apr_array_header_t *list)
{
    for (int i = 0; i < table->patterns->nelts; i++) {
        const struct ur_backend *backend =
            APR_ARRAY_IDX(table->patterns, i, const struct pattern).backend;
        if (ur_workers_carry(backends->workers, backend->url)) {
            append(list, backend);
        }
    }
}

const apr_array_header_t *ur_backends_carrying(const struct ur_backends *backends,
                                               const server_rec *s,
                                               const ap_directive_t *section, bool *unknown)
{
    apr_array_header_t *list =
        apr_array_make(backends->pool, 2, sizeof(const struct ur_backend *));
    const struct ur_backend *own = ur_backends_of(backends, s, section);
    const char *path = ur_conftree_path(backends->pool, section);
    const char *key = path ? trimmed(backends->pool, path) : NULL;
    const struct table *tables[2];
    size_t count = tables_for(backends, s, tables);

    *unknown = !path;
    if (own && ur_workers_carry(backends->workers, own->url)) {
        append(list, own);
    }
    for (size_t i = 0; i < count; i++) {
        const apr_array_header_t *below =
            key ? apr_hash_get(tables[i]->below, key, APR_HASH_KEY_STRING) : NULL;
        *unknown = *unknown || tables[i]->unknown;
        if (below) {
            apr_array_cat(list, below);
        }
        append_patterns(backends, tables[i], list);
    }
    return list;
}

const struct ur_backend *ur_backends_made_by(const struct ur_backends *backends,
                                             const ap_directive_t *pass)
{
    return apr_hash_get(backends->made, &pass, sizeof pass);
}

int ur_backends_timeout(const struct ur_backends *backends, const struct ur_backend *backend,
                        const ap_directive_t **at)
{
    return ur_workers_timeout(backends->workers, backend->worker, backend->url, at);
}
