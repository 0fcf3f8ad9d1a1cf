#include "fuzz.h"

#include "core/response/ur_body.h"

/* The inside of strings aside, JSON has no quote; inside, no control character. */
static void check_json(const struct ur_buf *body)
{
    bool inside = false;

    for (size_t i = 0; i < body->len; i++) {
        char c = body->at[i];
        if (inside && c == '\\') {
            i++;
        }
        else if (c == '"') {
            inside = !inside;
        }
        else if (inside) {
            must((unsigned char)c >= 0x20);
        }
    }
    must(!inside);
}

/* As many angle brackets as a body without foreign text, which the caller counted. */
static size_t brackets(const struct ur_buf *body)
{
    size_t count = 0;

    for (size_t i = 0; i < body->len; i++) {
        count += body->at[i] == '<' || body->at[i] == '>';
    }
    return count;
}

static void write_body(enum ur_media media, const struct ur_refusal *refusal,
                       struct ur_buf *body)
{
    struct ur_reply reply = ur_reply_decide(refusal);
    struct ur_buf measure = {NULL, 0, 0};

    ur_body_write(media, refusal, &reply, &measure);
    *body = (struct ur_buf){malloc(measure.len), measure.len, 0};
    ur_body_write(media, refusal, &reply, body);
    must(body->len == measure.len && !ur_buf_full(body));
}

/* Three lines are message, name and guide. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ur_policy policy = {.tls = UR_TLS_1_2,
                                            .http = UR_HTTP_2,
                                            .websocket = true,
                                            .key_exchange = UR_KEX_POST_QUANTUM};
    struct ur_span rest = {(const char *)data, size};
    struct ur_refusal refusal = {.policy = &policy,
                                 .judgement = {UR_REASON_TLS_MISSING, UR_FAMILY_TLS},
                                 .seen = {.tls = UR_TLS_NONE, .http = UR_HTTP_1_1},
                                 .advertise = UR_ADVERTISE_ON};
    struct ur_refusal tame = refusal;

    refusal.message = fuzz_line(&rest);
    refusal.name = fuzz_line(&rest);
    refusal.guide = fuzz_line(&rest);
    tame.message = tame.name = tame.guide = UR_SPAN("x");

    for (int media = 0; media < UR_MEDIAS; media++) {
        struct ur_buf body;
        struct ur_buf plain;

        write_body((enum ur_media)media, &refusal, &body);
        write_body((enum ur_media)media, &tame, &plain);
        if (media == UR_MEDIA_JSON) {
            check_json(&body);
        }
        if (media == UR_MEDIA_HTML) {
            must(brackets(&body) == brackets(&plain));
        }
        free(body.at);
        free(plain.at);
    }
    return 0;
}
