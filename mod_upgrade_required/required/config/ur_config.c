#include "required/config/ur_config.h"

void *ur_config_create_dir(apr_pool_t *p, char *dir)
{
    (void)dir;
    return apr_pcalloc(p, sizeof(struct ur_dir_config));
}

/* An inner section with a requirement starts over; one that only adds exceptions keeps the
 * inherited ones. */
static struct ur_rule merge_rule(apr_pool_t *p, const struct ur_rule *outer,
                                 const struct ur_rule *inner)
{
    struct ur_rule rule = inner->said ? *inner : *outer;

    if (!inner->said && inner->exceptions) {
        rule.exceptions = outer->exceptions
                              ? apr_array_append(p, outer->exceptions, inner->exceptions)
                              : inner->exceptions;
    }
    return rule;
}

/* httpd merges the sections for each request, so the common case, one section with settings
 * inside others without, must not allocate. */
void *ur_config_merge_dir(apr_pool_t *p, void *outer_config, void *inner_config)
{
    struct ur_dir_config *outer = outer_config;
    struct ur_dir_config *inner = inner_config;
    struct ur_dir_config *merged;

    if (!outer->speaks) {
        return inner;
    }
    if (!inner->speaks) {
        return outer;
    }
    merged = apr_palloc(p, sizeof *merged);
#define UR_INHERIT(member)                                      merged->member = inner->member ? inner->member : outer->member;
#define UR_CHOICE(type, member, name, where, words, help)       UR_INHERIT(member)
#define UR_VALUE(type, member, name, take, setter, where, help) UR_INHERIT(member)
#include "required/config/directives.def"
    merged->route = merge_rule(p, &outer->route, &inner->route);
    merged->speaks = true;
    return merged;
}

void *ur_config_create_server(apr_pool_t *p, server_rec *s)
{
    (void)s;
    return apr_pcalloc(p, sizeof(struct ur_server_config));
}

void *ur_config_merge_server(apr_pool_t *p, void *main_server, void *virtual_host)
{
    const struct ur_server_config *outer = main_server;
    const struct ur_server_config *inner = virtual_host;
    struct ur_server_config *merged = apr_pcalloc(p, sizeof *merged);

    merged->floor = merge_rule(p, &outer->floor, &inner->floor);
    merged->trusted = inner->trusted ? inner->trusted : outer->trusted;
    return merged;
}
