#include "httpd/ur_conftree.h"

#include <apr_strings.h>

bool ur_conftree_is(const ap_directive_t *directive, const char *name)
{
    return ap_cstr_casecmp(directive->directive, name) == 0;
}

const char *ur_conftree_at(apr_pool_t *pool, const ap_directive_t *directive)
{
    return apr_psprintf(pool, "%s:%d", directive->filename, directive->line_num);
}

/* A server_rec remembers where its section begins. */
static server_rec *server_of(server_rec *main_server, const ap_directive_t *section)
{
    for (server_rec *s = main_server->next; s; s = s->next) {
        if (s->defn_name && (int)s->defn_line_number == section->line_num &&
            strcmp(s->defn_name, section->filename) == 0) {
            return s;
        }
    }
    return main_server;
}

static void walk(server_rec *main_server, server_rec *s, const ap_directive_t *directive,
                 ur_conftree_visit *visit, void *context)
{
    for (; directive; directive = directive->next) {
        visit(context, directive, s);
        if (directive->first_child) {
            bool virtual_host = ur_conftree_is(directive, "<VirtualHost");
            walk(main_server, virtual_host ? server_of(main_server, directive) : s,
                 directive->first_child, visit, context);
        }
    }
}

void ur_conftree_walk(server_rec *main_server, ur_conftree_visit *visit, void *context)
{
    walk(main_server, main_server, ap_conftree, visit, context);
}

struct search {
    const char *name;
    const server_rec *server;
    const ap_directive_t *found;
};

static void look(void *context, const ap_directive_t *directive, server_rec *s)
{
    struct search *search = context;
    bool outside = !directive->parent || ur_conftree_is(directive->parent, "<VirtualHost");

    if (s == search->server && outside && ur_conftree_is(directive, search->name)) {
        search->found = directive;
    }
}

const ap_directive_t *ur_conftree_last(server_rec *main_server, const server_rec *s,
                                       const char *name)
{
    struct search search = {name, s, NULL};

    ur_conftree_walk(main_server, look, &search);
    return search.found;
}

const ap_directive_t *ur_conftree_effective(server_rec *main_server, const server_rec *s,
                                            const char *name)
{
    const ap_directive_t *own = ur_conftree_last(main_server, s, name);

    return own || s == main_server ? own : ur_conftree_last(main_server, main_server, name);
}
