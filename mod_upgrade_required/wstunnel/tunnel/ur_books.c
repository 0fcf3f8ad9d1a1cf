#include "wstunnel/tunnel/ur_books.h"

#include "ur_modules.h"

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

void ur_books_note(request_rec *r, enum ur_outcome outcome, const struct ur_farewell *farewell)
{
    apr_table_setn(r->subprocess_env, "UPGRADE_TUNNEL", ur_outcome_word(outcome));
    if (farewell->closer) {
        apr_table_setn(r->subprocess_env, "UPGRADE_TUNNEL_CODE",
                       apr_itoa(r->pool, (int)farewell->code));
    }
}
