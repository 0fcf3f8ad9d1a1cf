#include "wstunnel/proxy/ur_backend_filter.h"

#include "core/protocol/ur_upgrade_426.h"
#include "core/protocol/ur_switch_101.h"
#include "wstunnel/proxy/ur_keep.h"
#include "wstunnel/proxy/ur_upgrade_426_filter.h"
#include "wstunnel/ur_module.h"
#include "wstunnel/proxy/ur_shadow.h"
#include "wstunnel/proxy/ur_threaded.h"
#include "core/protocol/ur_head.h"

#include <apr_strings.h>
#include <http_core.h>
#include <util_filter.h>

/* Shown to mod_proxy_http in place of an invalid 101: it turns a 101 without Upgrade into a
 * 502, with an ErrorDocument if there is one, and closes the backend's connection. An error
 * instead would end a kept-alive client connection without a response. */
static const char NO_SWITCH[] = "HTTP/1.1 101 Bad Switch\r\n\r\n";

/* Shown in place of a response that is no longer awaited. A status known from the logs of other
 * proxies; it appears in the log only. */
static const char CLIENT_GONE[] = "HTTP/1.1 499 Client Closed Request\r\n"
                                  "Content-Length: 0\r\nConnection: close\r\n\r\n";

/* The children that replace this one have room. */
static const char CHILD_EXITS[] = "HTTP/1.1 503 Service Unavailable\r\n"
                                  "Retry-After: 5\r\n"
                                  "Content-Length: 0\r\nConnection: close\r\n\r\n";

enum state {
    JUDGING, /* a complete head is to be read before any of it is shown */
    SHOWING, /* held is what mod_proxy_http reads next */
    NOTING,  /* what is shown is examined, in case it is a 426 */
    PASSING  /* nothing more to do with this response */
};

/* Longer offers are ignored. */
#define OFFER_MAX 256

struct watch {
    enum state state;
    enum state then; /* after SHOWING */
    struct ur_span accept;
    request_rec *client; /* only while its request is being processed, that is, until PASSING */
    struct ur_shadow *shadow;     /* for an event tunnel; NULL: for mod_proxy's */
    struct ur_threaded *threaded; /* mod_proxy's tunnel; NULL: none is open */
    apr_bucket_brigade *held;
    apr_bucket_brigade *line;
    apr_size_t len;
    char head[UR_SWITCH_101_MAX];
};

static ap_filter_rec_t *filter_handle;

/* apr_brigade_split_line() may leave a bucket without bytes; APR_BRIGADE_EMPTY() alone
 * would say that something is left. */
static bool is_empty(apr_bucket_brigade *held)
{
    while (!APR_BRIGADE_EMPTY(held)) {
        apr_bucket *first = APR_BRIGADE_FIRST(held);

        if (first->length > 0) {
            return false;
        }
        apr_bucket_delete(first); /* a macro, which names its argument several times */
    }
    return true;
}

static void hold(struct watch *watch, const char *bytes, apr_size_t len, enum state then)
{
    apr_brigade_write(watch->held, NULL, NULL, bytes, len);
    watch->state = SHOWING;
    watch->then = then;
}

static void hold_line(struct watch *watch, const char *start, struct ur_span rest)
{
    apr_brigade_puts(watch->held, NULL, NULL, start);
    apr_brigade_write(watch->held, NULL, NULL, rest.at, rest.len);
    apr_brigade_puts(watch->held, NULL, NULL, "\r\n");
}

static int add_line(void *held, const char *name, const char *value)
{
    apr_brigade_printf(held, NULL, NULL, "%s: %s\r\n", name, value);
    return 1;
}

/* Whether the client gets this header from the backend. */
static bool says(const struct watch *watch, const char *name)
{
    struct ur_span head = {watch->head, watch->len};
    struct ur_span rest = head;
    struct ur_span line;
    struct ur_span field;
    struct ur_span value;

    while (ur_head_line(&rest, &line)) {
        if (ur_head_field(line, &field, &value) && ur_span_is(field, ur_span_of(name))) {
            return ur_switch_101_passes(head, field);
        }
    }
    return false;
}

/* A switch is sent as an interim response, without the headers that go with every response: the
 * announcement of a policy is added to the backend's head. */
static void hold_announcing(struct watch *watch)
{
    static const char *const announcing[] = {"Deprecation", "Sunset", "Link"};
    const apr_table_t *fields = watch->client->err_headers_out;

    for (size_t i = 0; i < sizeof announcing / sizeof announcing[0]; i++) {
        if (i < 2 && says(watch, announcing[i])) {
            continue; /* the application's own date wins */
        }
        apr_table_do(add_line, watch->held, fields, announcing[i], NULL);
    }
    apr_brigade_puts(watch->held, NULL, NULL, "\r\n");
}

/* Of a valid 101 mod_proxy_http is shown what is passed on to the client, whatever carries the
 * tunnel. For an event tunnel it becomes a response after which mod_proxy_http returns the
 * connection alive. mod_proxy_http itself writes Connection when it finds the Upgrade. */
static void hold_switch(struct watch *watch)
{
    struct ur_span head = {watch->head, watch->len};
    struct ur_span rest = head;
    struct ur_span line;
    struct ur_span name;
    struct ur_span value;

    hold(watch, "HTTP/1.1 ", 9, PASSING);
    ur_head_status_line(&rest, &line);
    hold_line(watch, watch->shadow ? "204" : "101",
              (struct ur_span){line.at + 12, line.len - 12});
    while (ur_head_line(&rest, &line) && ur_head_field(line, &name, &value)) {
        if (ur_switch_101_passes(head, name)) {
            hold_line(watch, "", line);
        }
    }
    hold_announcing(watch);
}

/* Except for an invalid one, whose fault is logged. */
static void log_verdict(const struct watch *watch, enum ur_switch_101 verdict)
{
    static const char *const meanings[] = {
        [UR_SWITCH_101_GOOD] = "a valid switch",
        [UR_SWITCH_101_INTERIM] = "an interim response, another one follows",
        [UR_SWITCH_101_OTHER] = "not a switch; the client gets this response",
    };
    struct ur_span rest = {watch->head, watch->len};
    struct ur_span line;

    if (APLOG_R_IS_LEVEL(watch->client, APLOG_DEBUG) && ur_head_status_line(&rest, &line)) {
        ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, watch->client,
                      "UR0028: the backend answers the handshake with %d: %s",
                      ur_head_status(line), meanings[verdict]);
    }
}

static void show(ap_filter_t *f, struct watch *watch, enum ur_switch_101 verdict,
                 const char *fault)
{
    static const enum state after[] = {
        [UR_SWITCH_101_INTERIM] = JUDGING, [UR_SWITCH_101_OTHER] = NOTING};

    if (verdict == UR_SWITCH_101_BAD) {
        ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, watch->client,
                      "UR0007: the backend's response to a WebSocket handshake is not a valid "
                      "101: %s; no tunnel is opened",
                      fault);
        hold(watch, NO_SWITCH, sizeof NO_SWITCH - 1, PASSING);
        return;
    }
    log_verdict(watch, verdict);
    if (verdict == UR_SWITCH_101_GOOD) {
        if (watch->shadow) {
            ur_shadow_keep_open(watch->shadow);
        }
        else {
            watch->threaded = ur_threaded_open(watch->client, f->c);
        }
        hold_switch(watch);
        return;
    }
    hold(watch, watch->head, watch->len, after[verdict]);
    if (verdict == UR_SWITCH_101_INTERIM) {
        watch->len = 0;
    }
}

/* Adds what has arrived to the head. APR_EAGAIN: nothing. */
static apr_status_t read_head(ap_filter_t *f, struct watch *watch, ap_input_mode_t mode,
                              apr_read_type_e block, apr_off_t wanted)
{
    apr_size_t len = sizeof watch->head - watch->len;
    apr_status_t rv = ap_get_brigade(f->next, watch->line, mode, block, wanted);

    /* An error is reported again, what came before it is not. */
    if (apr_brigade_flatten(watch->line, watch->head + watch->len, &len) != APR_SUCCESS) {
        len = 0;
    }
    apr_brigade_cleanup(watch->line);
    watch->len += len;
    if (len) {
        return APR_SUCCESS;
    }
    return rv == APR_SUCCESS ? APR_EAGAIN : rv;
}

/* The backend has answered, in whatever way. */
static void end_wait(ap_filter_t *f, struct watch *watch)
{
    struct ur_kept *kept = ur_keep_of(watch->client);

    ur_wait_end(&kept->wait, ap_get_conn_socket(f->c));
    ur_gate_answered(&kept->ticket);
}

static void log_lateness(const request_rec *r, const struct ur_wait *wait)
{
    if (wait->late) {
        ap_log_rerror(
            APLOG_MARK, APLOG_DEBUG, 0, r,
            "UR0031: the backend has not answered the handshake within %" APR_TIME_T_FMT
            " seconds",
            apr_time_sec(wait->limit));
    }
}

/* Waits for a single byte, so that nothing is lost after a timeout: lines must be read without
 * waiting, because TLS would keep only the end of an incomplete one. */
static apr_status_t wait_for_byte(ap_filter_t *f, struct watch *watch)
{
    struct ur_wait *wait = &ur_keep_of(watch->client)->wait;
    apr_status_t rv;

    do {
        ur_wait_slice(wait, ap_get_conn_socket(f->c));
        rv = read_head(f, watch, AP_MODE_READBYTES, APR_BLOCK_READ, 1);
    } while (APR_STATUS_IS_TIMEUP(rv) && ur_wait_on(wait, watch->client));
    if (APR_STATUS_IS_TIMEUP(rv)) {
        log_lateness(watch->client, wait);
        /* Before the backend learns of it: the next one may come at once. */
        ur_gate_give_up(&ur_keep_of(watch->client)->ticket);
    }
    return APR_STATUS_IS_EAGAIN(rv) ? APR_EOF : rv;
}

/* The next line of the head, or a part of it. */
static apr_status_t read_line(ap_filter_t *f, struct watch *watch, apr_read_type_e block)
{
    apr_status_t rv = APR_EAGAIN;

    if (watch->len || block != APR_BLOCK_READ) {
        rv = read_head(f, watch, AP_MODE_GETLINE, APR_NONBLOCK_READ, 0);
    }
    return APR_STATUS_IS_EAGAIN(rv) && block == APR_BLOCK_READ ? wait_for_byte(f, watch) : rv;
}

/* An error would make mod_proxy_http blame the backend. */
static void give_up(struct watch *watch, const struct ur_wait *wait)
{
    if (wait->cut) {
        ap_log_rerror(
            APLOG_MARK, APLOG_INFO, 0, watch->client,
            "UR0038: the child has to exit, and a backend has not answered a WebSocket "
            "handshake, which is abandoned");
        hold(watch, CHILD_EXITS, sizeof CHILD_EXITS - 1, PASSING);
        return;
    }
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, watch->client,
                  "UR0026: the client disconnected before the backend answered its WebSocket "
                  "handshake, which is abandoned");
    hold(watch, CLIENT_GONE, sizeof CLIENT_GONE - 1, PASSING);
}

/* Line by line, so that what follows the head stays where mod_proxy's tunnel looks for it. */
static apr_status_t judge_head(ap_filter_t *f, struct watch *watch, apr_read_type_e block)
{
    enum ur_switch_101 verdict = UR_SWITCH_101_MORE;
    const char *fault = "it ends within its headers";

    while (verdict == UR_SWITCH_101_MORE) {
        apr_status_t rv = read_line(f, watch, block);
        const struct ur_wait *wait = &ur_keep_of(watch->client)->wait;
        if (wait->gone || wait->cut) {
            give_up(watch, wait);
            return APR_SUCCESS;
        }
        /* Nothing has come, or not yet: mod_proxy knows what that means. */
        if (rv != APR_SUCCESS &&
            (watch->len == 0 || APR_STATUS_IS_EAGAIN(rv) || APR_STATUS_IS_TIMEUP(rv))) {
            return rv;
        }
        verdict = rv != APR_SUCCESS
                      ? UR_SWITCH_101_BAD
                      : ur_switch_101_judge((struct ur_span){watch->head, watch->len},
                                            watch->accept, &fault);
    }
    if (verdict != UR_SWITCH_101_INTERIM) {
        end_wait(f, watch);
    }
    show(f, watch, verdict, fault);
    return APR_SUCCESS;
}

/* Notes what a 426 offers. Any other response is recognized by its first line. */
static void note(struct watch *watch, apr_bucket_brigade *line)
{
    char room[OFFER_MAX];
    struct ur_buf list = {room, sizeof room, 0};
    apr_size_t len = sizeof watch->head - watch->len;
    enum ur_upgrade_426 offer = UR_UPGRADE_426_NONE;

    if (apr_brigade_flatten(line, watch->head + watch->len, &len) == APR_SUCCESS) {
        watch->len += len;
        offer = ur_upgrade_426_read((struct ur_span){watch->head, watch->len}, &list);
    }
    if (offer == UR_UPGRADE_426_FOUND) {
        ur_upgrade_426_filter_set(watch->client,
                                  apr_pstrmemdup(watch->client->pool, room, list.len));
    }
    else if (offer == UR_UPGRADE_426_INTERIM) {
        watch->len = 0;
    }
    if (offer == UR_UPGRADE_426_FOUND || offer == UR_UPGRADE_426_NONE ||
        watch->len == sizeof watch->head) {
        watch->state = PASSING;
    }
}

/* What mod_proxy_http reads passes unchanged. The body is read in another mode. */
static apr_status_t pass_and_note(ap_filter_t *f, struct watch *watch, apr_bucket_brigade *bb,
                                  ap_input_mode_t mode, apr_read_type_e block, apr_off_t wanted)
{
    apr_status_t rv = ap_get_brigade(f->next, bb, mode, block, wanted);

    if (mode == AP_MODE_READBYTES) {
        watch->state = PASSING;
    }
    else if (mode == AP_MODE_GETLINE && rv == APR_SUCCESS) {
        note(watch, bb);
    }
    return rv;
}

/* A tunnel's bytes, or the rest of a response */
static apr_status_t pass(ap_filter_t *f, struct watch *watch, apr_bucket_brigade *bb,
                         apr_read_type_e block, apr_off_t wanted)
{
    apr_status_t rv = ap_get_brigade(f->next, bb, AP_MODE_READBYTES, block, wanted);

    if (watch->threaded) {
        ur_threaded_heard(watch->threaded, UR_SIDE_BACKEND, rv, bb);
    }
    return rv;
}

/* Copies of the first bytes, which stay. */
static apr_status_t peek(apr_bucket_brigade *held, apr_bucket_brigade *bb, apr_off_t wanted)
{
    apr_bucket *end;
    apr_status_t rv = apr_brigade_partition(held, wanted, &end);

    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
        return rv;
    }
    for (apr_bucket *b = APR_BRIGADE_FIRST(held); b != end && b != APR_BRIGADE_SENTINEL(held);
         b = APR_BUCKET_NEXT(b)) {
        apr_bucket *copy;
        rv = apr_bucket_copy(b, &copy);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        APR_BRIGADE_INSERT_TAIL(bb, copy);
    }
    return APR_SUCCESS;
}

static apr_status_t take(apr_bucket_brigade *held, apr_bucket_brigade *bb, apr_off_t wanted)
{
    apr_bucket *end;
    apr_status_t rv = apr_brigade_partition(held, wanted, &end);

    if (rv != APR_SUCCESS && rv != APR_INCOMPLETE) {
        return rv;
    }
    while (!APR_BRIGADE_EMPTY(held) && APR_BRIGADE_FIRST(held) != end) {
        apr_bucket *b = APR_BRIGADE_FIRST(held);
        APR_BUCKET_REMOVE(b);
        APR_BRIGADE_INSERT_TAIL(bb, b);
    }
    return APR_SUCCESS;
}

static apr_status_t serve(struct watch *watch, apr_bucket_brigade *bb, ap_input_mode_t mode,
                          apr_read_type_e block, apr_off_t wanted)
{
    switch (mode) {
    case AP_MODE_GETLINE:
        return apr_brigade_split_line(bb, watch->held, block, HUGE_STRING_LEN);
    case AP_MODE_SPECULATIVE:
        return peek(watch->held, bb, wanted);
    case AP_MODE_READBYTES:
        return take(watch->held, bb, wanted);
    default:
        return APR_SUCCESS;
    }
}

static apr_status_t backend_filter(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                   apr_read_type_e block, apr_off_t wanted)
{
    struct watch *watch = f->ctx;

    if (watch->state == SHOWING && is_empty(watch->held)) {
        watch->state = watch->then;
    }
    if (watch->state == PASSING && mode == AP_MODE_READBYTES) {
        return pass(f, watch, bb, block, wanted);
    }
    /* Other modes are about the connection, not the response. */
    if (watch->state == PASSING ||
        (mode != AP_MODE_GETLINE && mode != AP_MODE_SPECULATIVE && mode != AP_MODE_READBYTES)) {
        return ap_get_brigade(f->next, bb, mode, block, wanted);
    }
    if (watch->state == NOTING) {
        return pass_and_note(f, watch, bb, mode, block, wanted);
    }
    if (watch->state == JUDGING) {
        apr_status_t rv = judge_head(f, watch, block);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    return serve(watch, bb, mode, block, wanted);
}

/* With the response's pool: not while the response is read, or what mod_proxy_http has put in
 * front of it would be lost. A tunnel's connection is not reused: mod_proxy_http closes it
 * before it returns, and this is the last place that sees it. */
static apr_status_t remove_filter(void *data)
{
    ap_filter_t *filter = data;
    const struct watch *watch = filter->ctx;

    if (watch->threaded && filter->c->aborted) {
        ur_threaded_broke(watch->threaded, UR_SIDE_BACKEND);
    }
    ap_remove_input_filter(filter);
    return APR_SUCCESS;
}

void ur_backend_filter_register(void)
{
    filter_handle =
        ap_register_input_filter("UPGRADE_BACKEND", backend_filter, NULL, AP_FTYPE_CONNECTION);
}

int ur_backend_filter_create_req(request_rec *r, request_rec *answer)
{
    const struct ur_kept *kept = ur_keep_of(r);
    conn_rec *c = answer->connection;
    struct watch *watch;
    ap_filter_t *filter;

    if (!kept) {
        return DECLINED;
    }
    if (kept->shadow) {
        ur_shadow_connected(kept->shadow);
    }
    ur_upgrade_426_filter_set(r, NULL); /* of a backend that was tried before */
    /* The response's pool is the connection's child and is destroyed with each response:
     * anything kept longer would add up over the life of a reused connection. */
    watch = apr_palloc(answer->pool, sizeof *watch);
    watch->state = kept->accept ? JUDGING : NOTING;
    watch->len = 0;
    watch->client = r;
    watch->shadow = kept->ticket.carrier == UR_CARRIED_EVENT ? kept->shadow : NULL;
    watch->threaded = NULL;
    watch->accept = ur_span_of(apr_pstrdup(answer->pool, kept->accept));
    watch->held = apr_brigade_create(answer->pool, c->bucket_alloc);
    watch->line = apr_brigade_create(answer->pool, c->bucket_alloc);
    filter = ap_add_input_filter_handle(filter_handle, watch, NULL, c);
    answer->input_filters = c->input_filters;
    answer->proto_input_filters = c->input_filters;
    apr_pool_cleanup_register(answer->pool, filter, remove_filter, apr_pool_cleanup_null);
    return OK;
}
