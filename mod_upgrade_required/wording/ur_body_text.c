#include "wording/ur_body_forms.h"

#include "values/ur_escape.h"

static void line(struct ur_buf *out, const char *label, struct ur_span value)
{
    if (!ur_span_present(value)) {
        return;
    }
    ur_buf_string(out, label);
    ur_escape_text(out, value);
    ur_buf_literal(out, "\n");
}

void ur_body_text(const struct ur_account *account, struct ur_buf *out)
{
    const struct ur_refusal *refusal = account->refusal;

    ur_buf_number(out, (unsigned)account->reply->status);
    line(out, " ", ur_span_of(account->reply->title));
    line(out, "\n", account->detail);
    line(out, "\nWhat to do: ", account->hint);
    line(out, "Guide:      ", refusal->guide);
    line(out, "\nReason:     ", ur_span_of(account->reason));
    line(out, "Policy:     ", refusal->name);
    ur_buf_literal(out, "Required:   ");
    ur_body_words(out, account->required, account->required_count);
    ur_buf_literal(out, "\nReceived:   ");
    ur_body_received(out, refusal);
    ur_buf_literal(out, "\nUpgrade to: ");
    ur_body_words(out, account->upgrades, account->upgrades_count);
    ur_buf_literal(out, "\n");
}
