#include "fuzz.h"

#include "core/protocol/ur_origin.h"

static struct ur_span spelt(const struct ur_origin *origin, char *room, size_t size)
{
    struct ur_buf buf = {room, size, 0};

    ur_origin_write(&buf, origin);
    must(!ur_buf_full(&buf));
    return (struct ur_span){room, buf.len};
}

static bool ends_with(struct ur_span text, struct ur_span end)
{
    return text.len > end.len &&
           ur_span_is((struct ur_span){text.at + text.len - end.len, end.len}, end);
}

/* What is written is what was read. */
static void try_writing(const struct ur_origin *origin, size_t size)
{
    char *room = malloc(size + 16);
    struct ur_span text = spelt(origin, room, size + 16);
    struct ur_origin again;

    must(ur_origin_read(text, &again));
    must(ur_origin_matches(origin, &again) && ur_origin_matches(&again, origin));
    free(room);
}

/* A pattern that is accepted can match: itself, or what stands below it; and none of what is a
 * pattern is an origin. */
static void try_pattern(struct ur_span text, const struct ur_origin *pattern)
{
    struct ur_origin origin;
    struct ur_origin below = *pattern;
    char name[260] = "a.";

    if (!pattern->subdomains) {
        must(ur_origin_read(text, &origin) && ur_origin_matches(pattern, &origin));
        try_writing(pattern, text.len);
        return;
    }
    must(!ur_origin_read(text, &origin) && !ur_origin_matches(pattern, pattern));
    must(pattern->host.len <= 253);
    memcpy(name + 2, pattern->host.at, pattern->host.len);
    below.subdomains = false;
    below.host = (struct ur_span){name, pattern->host.len + 2};
    must(ur_origin_matches(pattern, &below));
}

/* Three lines are a pattern, an Origin and a Host. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ur_span rest = {(const char *)data, size};
    struct ur_span pattern_text = fuzz_line(&rest);
    struct ur_span origin_text = fuzz_line(&rest);
    struct ur_span host = fuzz_line(&rest);
    struct ur_origin pattern;
    struct ur_origin origin;
    struct ur_origin own;
    bool good = ur_origin_pattern(pattern_text, &pattern) == NULL;
    bool sent = ur_origin_read(origin_text, &origin);

    if (good) {
        try_pattern(pattern_text, &pattern);
    }
    if (sent) {
        must(!origin.subdomains &&
             !memchr(origin.host.at ? origin.host.at : "", '*', origin.host.len));
        try_writing(&origin, origin_text.len);
    }
    if (good && sent && ur_origin_matches(&pattern, &origin) && !pattern.ipv6) {
        must(pattern.subdomains ? ends_with(origin.host, pattern.host)
                                : origin.host.len == pattern.host.len);
    }
    if (ur_origin_own(size & 1, host, &own)) {
        must(!own.subdomains);
        try_writing(&own, host.len);
    }
    return 0;
}
