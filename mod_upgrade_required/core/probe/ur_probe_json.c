#include "core/probe/ur_probe_forms.h"

#include "core/text/ur_json.h"
#include "core/text/ur_list.h"
#include "core/response/ur_reply.h"

static void optional(struct ur_json *json, const char *name, struct ur_span text)
{
    if (ur_span_present(text)) {
        ur_json_string(json, name, ur_probe_cut(text));
    }
}

static void word_or_null(struct ur_json *json, const char *name, const char *word)
{
    if (word) {
        ur_json_word(json, name, word);
    }
    else {
        ur_json_null(json, name);
    }
}

static void protocol(struct ur_json *json, const char *name, struct ur_seen seen)
{
    ur_json_object(json, name, UR_JSON_INLINE);
    ur_json_word(json, "http", ur_protocol_http(seen.http));
    word_or_null(json, "tls", ur_protocol_tls(seen.tls));
    word_or_null(json, "key_exchange", ur_protocol_agreed(seen));
    ur_json_end_object(json);
}

static void fields(struct ur_json *json, const char *name, const struct ur_probe_field *list,
                   size_t count)
{
    ur_json_array(json, name, UR_JSON_LINES);
    for (size_t i = 0; i < count; i++) {
        ur_json_object(json, NULL, UR_JSON_INLINE);
        ur_json_string(json, "name", ur_probe_cut(ur_span_of(list[i].name)));
        ur_json_string(json, "value", ur_probe_cut(list[i].value));
        ur_json_end_object(json);
    }
    ur_json_end_array(json);
}

static void offered(struct ur_json *json, struct ur_span names)
{
    struct ur_span name;

    ur_json_array(json, "alpn_offered", UR_JSON_INLINE);
    while (ur_list_next(&names, &name)) {
        ur_json_string(json, NULL, name);
    }
    ur_json_end_array(json);
}

static void groups(struct ur_json *json, const char *name, struct ur_groups list)
{
    if (!list.ids) {
        return;
    }
    ur_json_array(json, name, UR_JSON_INLINE);
    for (size_t i = 0; i < list.count; i++) {
        char room[UR_GROUP_NAME_MAX];
        struct ur_buf text = {room, sizeof room, 0};
        ur_group_write(&text, list.ids[i]);
        ur_json_string(json, NULL, (struct ur_span){room, text.len});
    }
    ur_json_end_array(json);
}

static void handshake(struct ur_json *json, const struct ur_probe *probe)
{
    ur_json_object(json, "handshake", UR_JSON_INLINE);
    ur_json_word(json, "verdict", ur_probe_handshake_word(probe));
    if (probe->asks && probe->handshake != UR_REASON_NONE) {
        ur_json_word(json, "reason", ur_reason_row(probe->handshake)->word);
    }
    ur_json_end_object(json);
}

static void write_policy(struct ur_json *json, const struct ur_probe_policy *policy)
{
    const char *words[UR_FAMILIES];
    size_t count = ur_policy_words(policy->policy, words);

    ur_json_object(json, NULL, UR_JSON_INLINE);
    ur_json_word(json, "policy", policy->name);
    ur_json_words(json, "required", words, count);
    ur_json_word(json, "now", policy->stage);
    ur_json_bool(json, "met", !policy->judgement.unmet);
    if (policy->judgement.unmet) {
        ur_json_word(json, "reason", ur_reason_row(policy->judgement.reason)->word);
    }
    ur_json_end_object(json);
}

static void next(struct ur_json *json, const struct ur_probe *probe)
{
    char room[UR_SENTENCE_MAX];
    struct ur_buf text = {room, sizeof room, 0};

    ur_json_array(json, "next", UR_JSON_LINES);
    for (size_t n = 0; ur_probe_next(probe, n, &text); n++, text.len = 0) {
        ur_json_string(json, NULL,
                       (struct ur_span){room, ur_buf_full(&text) ? sizeof room : text.len});
    }
    ur_json_end_array(json);
}

void ur_probe_json(const struct ur_probe *probe, struct ur_buf *out)
{
    struct ur_json json = {.out = out};

    ur_json_object(&json, NULL, UR_JSON_LINES);
    protocol(&json, "protocol", probe->own);
    if (probe->trusted) {
        protocol(&json, "client", probe->seen);
        fields(&json, "stated", probe->stated, probe->stated_count);
    }
    optional(&json, "method", probe->method);
    optional(&json, "cipher", probe->cipher);
    if (ur_span_present(probe->alpn_offered)) {
        offered(&json, ur_probe_cut(probe->alpn_offered));
    }
    optional(&json, "alpn_chosen", probe->alpn_chosen);
    optional(&json, "sni", probe->sni);
    groups(&json, "groups_offered", probe->groups);
    groups(&json, "key_shares", probe->key_shares);
    handshake(&json, probe);
    fields(&json, "fields", probe->fields, probe->fields_count);
    ur_json_array(&json, "policies", UR_JSON_LINES);
    for (size_t i = 0; i < probe->policies_count; i++) {
        write_policy(&json, &probe->policies[i]);
    }
    ur_json_end_array(&json);
    next(&json, probe);
    ur_json_end_object(&json);
    ur_buf_literal(out, "\n");
}
