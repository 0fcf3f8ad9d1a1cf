#include "required/check/ur_workers.h"

#include <stdlib.h>

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>

struct ur_workers {
    apr_pool_t *pool;
    apr_hash_t *made;    /* pointer to the server, and URL: the directive that made it */
    apr_hash_t *members; /* name of a balancer: array of const ap_directive_t * */
    apr_hash_t *sets;    /* URL: the last ProxySet with a timeout= */
};

const char *ur_workers_argument(apr_pool_t *pool, const ap_directive_t *directive,
                                const char *name)
{
    const char *arguments = directive->args;
    apr_size_t len = strlen(name);

    while (*arguments) {
        const char *word = ap_getword_conf(pool, &arguments);
        if (ap_cstr_casecmpn(word, name, len) == 0 && word[len] == '=') {
            return word + len + 1;
        }
    }
    return NULL;
}

/* "unix:/run/x.sock|http://localhost/" uses the protocol after the bar. */
static const char *behind_socket(const char *url)
{
    const char *bar = ap_cstr_casecmpn(url, "unix:", 5) == 0 ? strchr(url, '|') : NULL;

    return bar ? bar + 1 : url;
}

static bool scheme_is(const char *url, const char *scheme)
{
    return ap_cstr_casecmpn(behind_socket(url), scheme, strlen(scheme)) == 0;
}

/* Without slashes at its end; "" is the root. */
static const char *trimmed(apr_pool_t *pool, const char *path)
{
    apr_size_t len = strlen(path);

    while (len && path[len - 1] == '/') {
        len--;
    }
    return apr_pstrmemdup(pool, path, len);
}

static const char *lower(apr_pool_t *pool, const char *text)
{
    char *copy = apr_pstrdup(pool, text);

    for (char *c = copy; *c; c++) {
        *c = (char)apr_tolower(*c);
    }
    return copy;
}

static apr_size_t authority_end(const char *url)
{
    const char *authority = strstr(url, "://");

    authority = authority ? authority + 3 : url;
    return (apr_size_t)(authority - url) + strcspn(authority, "/");
}

/* httpd takes a worker whose URL the new one begins with, host and port at least; then the
 * parameters of the new one are ignored. */
const ap_directive_t *ur_workers_of(struct ur_workers *workers, const server_rec *s,
                                    const char *url, const ap_directive_t *pass)
{
    const char *key =
        apr_psprintf(workers->pool, "%pp %s", (const void *)s, lower(workers->pool, url));
    apr_size_t before = strlen(key) - strlen(url);

    if (!*url || *url == '!' || scheme_is(url, "balancer:")) {
        return pass;
    }
    for (apr_size_t len = strlen(key); len >= before + authority_end(url); len--) {
        const ap_directive_t *made = apr_hash_get(workers->made, key, (apr_ssize_t)len);
        if (made) {
            return made;
        }
    }
    apr_hash_set(workers->made, key, APR_HASH_KEY_STRING, pass);
    return pass;
}

static const char *balancer_name(const struct ur_workers *workers, const char *url)
{
    return lower(workers->pool, apr_pstrmemdup(workers->pool, url, authority_end(url)));
}

/* The URL of the <Proxy> around a directive, without the closing bracket. */
static const char *around(const struct ur_workers *workers, const ap_directive_t *directive)
{
    const ap_directive_t *section = directive->parent;
    char *url;

    if (!section || !ur_conftree_is(section, "<Proxy")) {
        return NULL;
    }
    url = apr_pstrdup(workers->pool, ur_conftree_word(workers->pool, section, 0));
    if (*url && url[strlen(url) - 1] == '>') {
        url[strlen(url) - 1] = '\0';
    }
    return url;
}

static void remember_member(const struct ur_workers *workers, const ap_directive_t *member)
{
    const char *balancer = around(workers, member);
    apr_array_header_t *members;
    const char *name;

    if (!balancer) {
        balancer = ur_conftree_word(workers->pool, member, 0);
    }
    name = balancer_name(workers, balancer);
    members = apr_hash_get(workers->members, name, APR_HASH_KEY_STRING);
    if (!members) {
        members = apr_array_make(workers->pool, 2, sizeof(const ap_directive_t *));
        apr_hash_set(workers->members, name, APR_HASH_KEY_STRING, members);
    }
    APR_ARRAY_PUSH(members, const ap_directive_t *) = member;
}

static void remember_set(const struct ur_workers *workers, const ap_directive_t *set)
{
    const char *url = around(workers, set);

    if (!url) {
        url = ur_conftree_word(workers->pool, set, 0);
    }
    if (ur_workers_argument(workers->pool, set, "timeout")) {
        apr_hash_set(workers->sets, trimmed(workers->pool, lower(workers->pool, url)),
                     APR_HASH_KEY_STRING, set);
    }
}

void ur_workers_visit(struct ur_workers *workers, const ap_directive_t *directive)
{
    if (ur_conftree_is(directive, "BalancerMember")) {
        remember_member(workers, directive);
    }
    else if (ur_conftree_is(directive, "ProxySet")) {
        remember_set(workers, directive);
    }
}

struct ur_workers *ur_workers_open(apr_pool_t *pool)
{
    struct ur_workers *workers = apr_pcalloc(pool, sizeof *workers);

    workers->pool = pool;
    workers->made = apr_hash_make(pool);
    workers->members = apr_hash_make(pool);
    workers->sets = apr_hash_make(pool);
    return workers;
}

static const apr_array_header_t *members_of(const struct ur_workers *workers, const char *url)
{
    return scheme_is(url, "balancer:")
               ? apr_hash_get(workers->members, balancer_name(workers, url),
                              APR_HASH_KEY_STRING)
               : NULL;
}

/* BalancerMember [balancer://name] url ... */
static const char *url_of_member(const struct ur_workers *workers, const ap_directive_t *member)
{
    return ur_conftree_word(workers->pool, member, around(workers, member) ? 0 : 1);
}

static const apr_array_header_t *urls_of(const struct ur_workers *workers, const char *url)
{
    const apr_array_header_t *members = members_of(workers, url);
    apr_array_header_t *urls = apr_array_make(workers->pool, 2, sizeof(const char *));

    for (int i = 0; members && i < members->nelts; i++) {
        APR_ARRAY_PUSH(urls, const char *) =
            url_of_member(workers, APR_ARRAY_IDX(members, i, const ap_directive_t *));
    }
    if (!members) {
        APR_ARRAY_PUSH(urls, const char *) = url;
    }
    return urls;
}

/* Whether one of its URLs is of a protocol that has WebSockets, or of one that is not known
 * here. */
bool ur_workers_carry(const struct ur_workers *workers, const char *url)
{
    static const char *const without[] = {
        "ajp:", "fcgi:", "scgi:", "uwsgi:", "h2c:", "h2:", "ftp:"};
    const apr_array_header_t *urls = urls_of(workers, url);

    for (int i = 0; *url != '!' && i < urls->nelts; i++) {
        bool has = true;
        for (size_t j = 0; j < sizeof without / sizeof without[0]; j++) {
            has = has && !scheme_is(APR_ARRAY_IDX(urls, i, const char *), without[j]);
        }
        if (has) {
            return true;
        }
    }
    return false;
}

/* Of a worker: its own parameter, or that of a ProxySet for its URL. */
static const ap_directive_t *timeout_at(const struct ur_workers *workers,
                                        const ap_directive_t *worker, const char *url)
{
    const ap_directive_t *set = apr_hash_get(
        workers->sets, trimmed(workers->pool, lower(workers->pool, url)), APR_HASH_KEY_STRING);

    if (set) {
        return set;
    }
    return ur_workers_argument(workers->pool, worker, "timeout") ? worker : NULL;
}

static int seconds(const struct ur_workers *workers, const ap_directive_t *at)
{
    return at ? atoi(ur_workers_argument(workers->pool, at, "timeout")) : 0;
}

int ur_workers_timeout(const struct ur_workers *workers, const ap_directive_t *worker,
                       const char *url, const ap_directive_t **at)
{
    const apr_array_header_t *members = members_of(workers, url);
    int shortest = 0;

    *at = NULL;
    if (!scheme_is(url, "balancer:")) {
        *at = timeout_at(workers, worker, url);
        return seconds(workers, *at);
    }
    for (int i = 0; members && i < members->nelts; i++) {
        const ap_directive_t *member = APR_ARRAY_IDX(members, i, const ap_directive_t *);
        const ap_directive_t *said =
            timeout_at(workers, member, url_of_member(workers, member));
        if (said && (!*at || seconds(workers, said) < shortest)) {
            *at = said;
            shortest = seconds(workers, said);
        }
    }
    return shortest;
}
