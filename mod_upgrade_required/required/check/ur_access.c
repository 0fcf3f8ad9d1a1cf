#include "required/check/ur_access.h"

#include <ap_listen.h>
#include <apr_strings.h>
#include <http_core.h>

enum who { NOT_SAID, EVERYBODY, SOME };

/* A section with access control. */
struct said {
    const ap_directive_t *section;
    const server_rec *server;
    enum who who;
};

struct ur_access {
    apr_pool_t *pool;
    const struct ur_conftree *tree;
    const server_rec *main_server;
    apr_array_header_t *sections; /* of struct said, in the order of the configuration */
};

static bool is_one_of(const ap_directive_t *directive, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ur_conftree_is(directive, names[i])) {
            return true;
        }
    }
    return false;
}

static enum who who_of_directive(apr_pool_t *pool, const ap_directive_t *directive)
{
    static const char *const narrow[] = {"SSLRequire", "AuthMerging", "AuthType", "Order",
                                         "Deny"};
    const char *first = ur_conftree_word(pool, directive, 0);
    const char *second = ur_conftree_word(pool, directive, 1);

    if (ur_conftree_is(directive, "Require")) {
        return ap_cstr_casecmp(first, "all") == 0 && ap_cstr_casecmp(second, "granted") == 0
                   ? EVERYBODY
                   : SOME;
    }
    if (ur_conftree_is(directive, "Allow")) {
        return ap_cstr_casecmp(second, "all") == 0 ? EVERYBODY : SOME;
    }
    if (ur_conftree_is(directive, "SSLVerifyClient")) {
        return ap_cstr_casecmp(first, "require") == 0 ? SOME : NOT_SAID;
    }
    return is_one_of(directive, narrow, sizeof narrow / sizeof narrow[0]) ? SOME : NOT_SAID;
}

/* "Require all granted" next to another Require admits everybody; "Order" without "Allow from
 * all" admits no one. Anything more in <RequireAll>, <Limit>, <If> counts as a restriction. */
static enum who who_of(apr_pool_t *pool, const ap_directive_t *section)
{
    bool all_count = ur_conftree_is(section, "<RequireAll");
    bool everybody = false;
    enum who who = NOT_SAID;

    for (const ap_directive_t *child = section->first_child; child; child = child->next) {
        enum who said =
            child->first_child ? who_of(pool, child) : who_of_directive(pool, child);
        bool binds = child->first_child || ur_conftree_is(child, "Deny") ||
                     ur_conftree_is(child, "AuthMerging");
        if (said == SOME && binds) {
            return SOME;
        }
        everybody = everybody || said == EVERYBODY;
        who = said == SOME ? SOME : who;
    }
    return everybody && !(all_count && who == SOME) ? EVERYBODY : who;
}

static void visit(void *context, const ap_directive_t *directive, server_rec *s)
{
    struct ur_access *access = context;
    enum who who;

    if (directive->first_child && !ur_conftree_is(directive, "<VirtualHost") &&
        ap_cstr_casecmpn(directive->directive, "<Require", 8) != 0) {
        who = who_of(access->pool, directive);
        if (who != NOT_SAID) {
            APR_ARRAY_PUSH(access->sections, struct said) = (struct said){directive, s, who};
        }
    }
}

struct ur_access *ur_access_open(apr_pool_t *pool, const struct ur_conftree *tree,
                                 server_rec *main_server)
{
    struct ur_access *access = apr_pcalloc(pool, sizeof *access);

    access->pool = pool;
    access->tree = tree;
    access->main_server = main_server;
    access->sections = apr_array_make(pool, 8, sizeof(struct said));
    ur_conftree_walk(tree, visit, access);
    return access;
}

static bool is_loopback(const apr_sockaddr_t *address)
{
    char text[64];

    if (apr_sockaddr_ip_getbuf(text, sizeof text, (apr_sockaddr_t *)(uintptr_t)address) !=
        APR_SUCCESS) {
        return false;
    }
    return strncmp(text, "127.", 4) == 0 || strcmp(text, "::1") == 0;
}

static bool is_for(const server_rec *s, apr_port_t port)
{
    for (const server_addr_rec *address = s->addrs; address; address = address->next) {
        if ((address->host_port == 0 || address->host_port == port) &&
            !(address->host_addr && is_loopback(address->host_addr))) {
            return true;
        }
    }
    return false;
}

/* The main server's sections apply to every request. */
static bool is_reached_from_elsewhere(const struct ur_access *access, const server_rec *s)
{
    for (const ap_listen_rec *listener = ap_listeners; listener; listener = listener->next) {
        if (!is_loopback(listener->bind_addr) &&
            (s == access->main_server || is_for(s, listener->bind_addr->port))) {
            return true;
        }
    }
    return false;
}

/* "/x" is over "/x" and "/x/y". */
static bool is_over(const char *outer, const char *inner)
{
    apr_size_t len = strlen(outer);

    while (len && outer[len - 1] == '/') {
        len--;
    }
    return strncmp(outer, inner, len) == 0 && (inner[len] == '\0' || inner[len] == '/');
}

static const char *argument(const struct ur_access *access, const ap_directive_t *section,
                            int n)
{
    char *text = apr_pstrdup(access->pool, ur_conftree_word(access->pool, section, n));

    if (*text && text[strlen(text) - 1] == '>') {
        text[strlen(text) - 1] = '\0';
    }
    return text;
}

static bool matches(const struct ur_access *access, const char *pattern, const char *path)
{
    ap_regex_t *regex = ap_pregcomp(access->pool, pattern, AP_REG_EXTENDED);

    return !regex || ap_regexec(regex, path, 0, NULL, 0) == 0;
}

/* Whether a section may hold for a URL path: not, where it is for others for sure. */
static bool may_hold(const struct ur_access *access, const ap_directive_t *section,
                     const char *path)
{
    if (ur_conftree_is(section, "<Location")) {
        const char *own = ur_conftree_path(access->pool, section);
        return !own || is_over(own, path);
    }
    if (ur_conftree_is(section, "<LocationMatch")) {
        return matches(access, argument(access, section, 0), path);
    }
    /* The content of another section was examined with that one. */
    return !ur_conftree_section(section) &&
           (ap_cstr_casecmpn(section->directive, "<If", 3) == 0 ||
            ap_cstr_casecmpn(section->directive, "<Else", 5) == 0);
}

/* Of the <Directory> sections over the documents, the innermost. */
static enum who who_of_documents(const struct ur_access *access, const server_rec *s)
{
    const core_server_config *core = ap_get_core_module_config(s->module_config);
    enum who who = NOT_SAID;
    apr_size_t longest = 0;

    for (int i = 0; core->ap_document_root && i < access->sections->nelts; i++) {
        const struct said *said = &APR_ARRAY_IDX(access->sections, i, const struct said);
        const char *folder = argument(access, said->section, 0);
        if (ur_conftree_is(said->section, "<Directory") &&
            (said->server == s || said->server == access->main_server) &&
            strlen(folder) >= longest && is_over(folder, core->ap_document_root)) {
            longest = strlen(folder);
            who = said->who;
        }
    }
    return who;
}

/* One that restricts is believed, whatever others say. */
static enum who who_of_path(const struct ur_access *access, const server_rec *s,
                            const char *path)
{
    enum who who = NOT_SAID;

    for (int i = 0; i < access->sections->nelts; i++) {
        const struct said *said = &APR_ARRAY_IDX(access->sections, i, const struct said);
        if ((said->server == s || said->server == access->main_server) &&
            may_hold(access, said->section, path)) {
            if (said->who == SOME) {
                return SOME;
            }
            who = said->who;
        }
    }
    return who == NOT_SAID ? who_of_documents(access, s) : who;
}

bool ur_access_is_open(const struct ur_access *access, const server_rec *s,
                       const ap_directive_t *section)
{
    const ap_directive_t *certificate =
        ur_conftree_effective(access->tree, s, UR_CONFTREE_SSL_VERIFY_CLIENT);
    const char *path = ur_conftree_path(access->pool, section);
    enum who who = NOT_SAID;

    if (!is_reached_from_elsewhere(access, s) ||
        (certificate && ur_conftree_has_word(access->pool, certificate, "require"))) {
        return false;
    }
    for (const ap_directive_t *at = section; at && who == NOT_SAID;
         at = ur_conftree_section(at)) {
        who = who_of(access->pool, at);
    }
    if (who == NOT_SAID && path) {
        who = who_of_path(access, s, path);
        return who != SOME;
    }
    return who == EVERYBODY;
}
