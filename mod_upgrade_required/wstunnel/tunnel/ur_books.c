#include "wstunnel/tunnel/ur_books.h"

#include "ur_modules.h"
#include "wstunnel/ur_module.h"

#include <apr_strings.h>

/* Of the process. */
static struct {
    struct ur_tunnel_cell *cell;
    APR_OPTIONAL_FN_TYPE(upgrade_required_opened) * opened;
} books;

void ur_books_open(struct ur_tunnel_cell *cell)
{
    books.cell = cell;
    books.opened = cell ? APR_RETRIEVE_OPTIONAL_FN(upgrade_required_opened) : NULL;
}

void ur_books_opened(const struct ur_policy_name *label, enum ur_carried carrier)
{
    ur_tunnel_cell_count_opened(books.cell, carrier);
    if (books.opened) {
        books.opened(label, carrier);
    }
}

void ur_books_ended(enum ur_carried carrier, enum ur_outcome outcome)
{
    ur_tunnel_cell_count_ended(books.cell, carrier, outcome);
}

void ur_books_bytes(enum ur_direction direction, uint64_t bytes)
{
    ur_tunnel_cell_count_bytes(books.cell, direction, bytes);
}

void ur_books_pings(enum ur_pings pings, uint64_t number)
{
    ur_tunnel_cell_count_pings(books.cell, pings, number);
}

void ur_books_note_opened(const request_rec *r, enum ur_carried carrier,
                          apr_interval_time_t timeout)
{
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "UR0029: tunnel opened: carried by %s, idle timeout %" APR_TIME_T_FMT
                  " seconds%s",
                  ur_outcome_carried_word(carrier), timeout > 0 ? apr_time_sec(timeout) : 0,
                  timeout > 0 ? "" : " (none)");
}

static void log_ending(const request_rec *r, const struct ur_ending *ending)
{
    static const char *const sides[] = {
        [UR_SIDE_NONE] = "neither", [UR_SIDE_CLIENT] = "client", [UR_SIDE_BACKEND] = "backend"};
    const struct ur_farewell *farewell = &ending->farewell;

    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "UR0030: tunnel ended: %s after %" APR_TIME_T_FMT ".%03" APR_TIME_T_FMT
                  " seconds, carried by %s, Close first from %s, code %u, connection ended "
                  "first by %s, %" APR_UINT64_T_FMT " bytes from the client, %" APR_UINT64_T_FMT
                  " bytes from the backend",
                  ur_outcome_word(ending->outcome), apr_time_sec(ending->lasted),
                  apr_time_msec(ending->lasted), ur_outcome_carried_word(ending->carrier),
                  sides[farewell->closer], farewell->code, sides[farewell->ender],
                  ending->bytes[UR_DIRECTION_RECEIVED], ending->bytes[UR_DIRECTION_SENT]);
}

void ur_books_note_ended(request_rec *r, const struct ur_ending *ending)
{
    apr_table_setn(r->subprocess_env, "UPGRADE_TUNNEL", ur_outcome_word(ending->outcome));
    if (ending->farewell.closer) {
        apr_table_setn(r->subprocess_env, "UPGRADE_TUNNEL_CODE",
                       apr_itoa(r->pool, (int)ending->farewell.code));
    }
    log_ending(r, ending);
}
