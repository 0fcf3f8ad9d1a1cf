#include "httpd/ur_announce.h"

#include <stdbool.h>

#include <apr_date.h>
#include <apr_strings.h>
#include <util_filter.h>

static ap_filter_rec_t *filter_handle;

static char *link_of(apr_pool_t *pool, const char *guide)
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

/* Whether one of several fields says this. */
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

/* err_headers_out is what httpd sends with answers of all kinds, and keeps in internal
 * redirects: the request may be announced again there, so nothing is added twice. */
void ur_announce(request_rec *r, const struct ur_announcement *announcement)
{
    apr_table_t *fields = r->err_headers_out;
    char *link = NULL;

    if (announcement->deprecation && !apr_table_get(fields, "Deprecation")) {
        apr_table_setn(fields, "Deprecation", announcement->deprecation);
    }
    if (announcement->sunset) {
        set_sunset(fields, announcement->sunset);
    }
    if (announcement->guide) {
        link = link_of(r->pool, announcement->guide);
        if (!says(fields, "Link", link)) {
            apr_table_addn(fields, "Link", link);
        }
    }
    ap_add_output_filter_handle(filter_handle, link, r, r->connection);
}

void ur_announce_again(request_rec *r)
{
    ap_add_output_filter_handle(filter_handle, NULL, r, r->connection);
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

/* The others in this field stay. */
static void drop_link(request_rec *r, const char *own)
{
    struct others others = {apr_table_make(r->pool, 2), own};

    apr_table_do(collect, &others, r->err_headers_out, "Link", NULL);
    apr_table_unset(r->err_headers_out, "Link");
    r->err_headers_out = apr_table_overlay(r->pool, others.links, r->err_headers_out);
}

/* What the application says itself in a success stands in headers_out, and httpd sends both
 * tables. */
static apr_status_t announce_filter(ap_filter_t *f, apr_bucket_brigade *bb)
{
    request_rec *r = f->r;

    if (!ap_is_HTTP_INFO(r->status)) {
        static const char *const own[] = {"Deprecation", "Sunset"};
        for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
            if (apr_table_get(r->headers_out, own[i])) {
                apr_table_unset(r->err_headers_out, own[i]);
            }
        }
        if (f->ctx && says(r->headers_out, "Link", f->ctx)) {
            drop_link(r, f->ctx);
        }
        ap_remove_output_filter(f);
    }
    return ap_pass_brigade(f->next, bb);
}

void ur_announce_register(void)
{
    /* Behind mod_headers and whatever else changes the fields, before what writes them. */
    filter_handle = ap_register_output_filter("UPGRADE_ANNOUNCE", announce_filter, NULL,
                                              (ap_filter_type)(AP_FTYPE_PROTOCOL - 1));
}
