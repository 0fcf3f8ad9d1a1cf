#include "required/enforce/ur_announce.h"

#include "required/request/ur_request.h"

#include <stdbool.h>

#include <apr_date.h>
#include <apr_strings.h>
#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#define KEY "mod_upgrade_required announced"

static ap_filter_rec_t *filter_handle;

/* What was added to the response, to distinguish it from what others added. */
struct announced {
    const char *deprecation;
    const char *sunset;
    const char *link;
};

static const char *link_of(apr_pool_t *pool, const char *guide)
{
    return apr_pstrcat(pool, "<", guide, ">; rel=\"deprecation\"", NULL);
}

struct search {
    const char *value;
    bool found;
};

static int compare(void *search, const char *name, const char *value)
{
    struct search *wanted = search;

    (void)name;
    wanted->found = wanted->found || strstr(value, wanted->value);
    return !wanted->found;
}

/* Whether one of several headers has this value. */
static bool says(const apr_table_t *fields, const char *name, const char *value)
{
    struct search search = {value, false};

    apr_table_do(compare, &search, fields, name, NULL);
    return search.found;
}

/* The earlier date counts, where a floor and a route both announce. */
static void set_sunset(apr_table_t *fields, const char *sunset)
{
    const char *other = apr_table_get(fields, "Sunset");

    if (!other || apr_date_parse_http(sunset) < apr_date_parse_http(other)) {
        apr_table_setn(fields, "Sunset", sunset);
    }
}

static bool same(const char *one, const char *other)
{
    return one && other && strcmp(one, other) == 0;
}

/* httpd sends both tables. If another module has set the header too, in either of them, ours is
 * removed. */
static void yield(request_rec *r, const char *name, const char *own)
{
    const char *value = apr_table_get(r->headers_out, name);
    const char *error_value = apr_table_get(r->err_headers_out, name);

    if (value && error_value) {
        apr_table_unset(same(error_value, own) ? r->err_headers_out : r->headers_out, name);
    }
}

struct others {
    apr_table_t *links;
    const char *own;
};

static int collect(void *collected, const char *name, const char *value)
{
    struct others *others = collected;

    if (strcmp(value, others->own) != 0) {
        apr_table_addn(others->links, name, value);
    }
    return 1;
}

/* The other values of this header stay. */
static void yield_link(request_rec *r, const char *own)
{
    struct others others = {apr_table_make(r->pool, 2), own};

    if (!says(r->headers_out, "Link", own)) {
        return;
    }
    apr_table_do(collect, &others, r->err_headers_out, "Link", NULL);
    apr_table_unset(r->err_headers_out, "Link");
    r->err_headers_out = apr_table_overlay(r->pool, others.links, r->err_headers_out);
}

static apr_status_t announce_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    const struct announced *announced = f->ctx;
    request_rec *r = f->r;

    if (!ap_is_HTTP_INFO(r->status)) {
        yield(r, "Deprecation", announced->deprecation);
        yield(r, "Sunset", announced->sunset);
        if (announced->link) {
            yield_link(r, announced->link);
        }
        ap_remove_output_filter(f);
    }
    return ap_pass_brigade(f->next, bb);
}

static __attribute__((noinline)) struct announced *announced_on(request_rec *r)
{
    void *announced = NULL;

    apr_pool_userdata_get(&announced, KEY, r->pool);
    return announced;
}

void ur_announce_insert(request_rec *r)
{
    struct announced *announced = ur_request_is_announced(r) ? announced_on(r) : NULL;

    if (announced) {
        ap_add_output_filter_handle(filter_handle, announced, r, r->connection);
    }
}

/* err_headers_out is what httpd sends with responses of all kinds, and keeps in internal
 * redirects: the request may be announced again there, so nothing is added twice. */
void ur_announce(request_rec *r, const struct ur_announcement *announcement)
{
    apr_table_t *fields = r->err_headers_out;
    struct announced *announced = announced_on(r);

    if (!announced) {
        announced = apr_pcalloc(r->pool, sizeof *announced);
        apr_pool_userdata_setn(announced, KEY, NULL, r->pool);
        ur_request_mark_announced(r);
    }
    if (announcement->deprecation && !apr_table_get(fields, "Deprecation")) {
        apr_table_setn(fields, "Deprecation", announcement->deprecation);
        announced->deprecation = announcement->deprecation;
    }
    if (announcement->sunset) {
        set_sunset(fields, announcement->sunset);
        announced->sunset = apr_table_get(fields, "Sunset");
    }
    if (announcement->guide) {
        announced->link = link_of(r->pool, announcement->guide);
        if (!says(fields, "Link", announced->link)) {
            apr_table_addn(fields, "Link", announced->link);
        }
    }
}

void ur_announce_register(void)
{
    /* After mod_headers and anything else that changes the headers, before they are written. */
    filter_handle = ap_register_output_filter("UPGRADE_ANNOUNCE", announce_filter, NULL,
                                              (ap_filter_type)(AP_FTYPE_PROTOCOL - 1));
}
