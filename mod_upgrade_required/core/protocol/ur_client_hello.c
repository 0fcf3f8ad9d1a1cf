#include "core/protocol/ur_client_hello.h"

#define CLIENT_HELLO 1

/* Types of extensions */
enum { SUPPORTED_GROUPS = 10, ALPN = 16, SUPPORTED_VERSIONS = 43, KEY_SHARE = 51 };

/* The first bytes, this many, as a number; moves past them. */
static bool take_number(struct ur_span *rest, size_t bytes, size_t *number)
{
    if (rest->len < bytes) {
        return false;
    }
    *number = 0;
    for (size_t i = 0; i < bytes; i++) {
        *number = *number << 8 | (unsigned char)rest->at[i];
    }
    rest->at += bytes;
    rest->len -= bytes;
    return true;
}

/* A vector: its length in this many bytes, and its content. */
static bool take_vector(struct ur_span *rest, size_t bytes, struct ur_span *vector)
{
    size_t len;

    if (!take_number(rest, bytes, &len) || rest->len < len) {
        return false;
    }
    *vector = (struct ur_span){rest->at, len};
    rest->at += len;
    rest->len -= len;
    return true;
}

static bool is_grease(size_t number)
{
    return (number & 0x0F0F) == 0x0A0A && number >> 8 == (number & 0xFF);
}

/* 0x0304 is TLS 1.3. A later one that is not a draft (0x7F..) counts as the highest known. */
static enum ur_tls version_of(size_t number)
{
    if (number < 0x0301 || number > 0x03FF) {
        return UR_TLS_SOME;
    }
    return number > 0x0304 ? UR_TLS_1_3 : (enum ur_tls)(UR_TLS_1_0 + (number - 0x0301));
}

static bool read_versions(struct ur_span extension, struct ur_client_hello *hello)
{
    struct ur_span list;
    size_t number;

    hello->highest = UR_TLS_SOME;
    if (!take_vector(&extension, 1, &list) || extension.len || !list.len || list.len % 2) {
        return false;
    }
    while (take_number(&list, 2, &number)) {
        enum ur_tls version = is_grease(number) ? UR_TLS_SOME : version_of(number);
        hello->highest = version > hello->highest ? version : hello->highest;
    }
    return true;
}

static bool read_alpn(struct ur_span extension, struct ur_client_hello *hello)
{
    struct ur_span name;
    struct ur_span rest;

    if (!take_vector(&extension, 2, &hello->alpn) || extension.len || !hello->alpn.len) {
        return false;
    }
    rest = hello->alpn;
    while (rest.len) {
        if (!take_vector(&rest, 1, &name) || !name.len) {
            return false;
        }
    }
    return true;
}

static bool read_groups(struct ur_span extension, struct ur_client_hello *hello)
{
    struct ur_span rest;
    size_t id;

    if (!take_vector(&extension, 2, &hello->groups) || extension.len || !hello->groups.len ||
        hello->groups.len % 2) {
        return false;
    }
    rest = hello->groups;
    while (take_number(&rest, 2, &id)) {
        hello->post_quantum = hello->post_quantum || ur_group_post_quantum((uint16_t)id);
    }
    return true;
}

static bool take_key_share(struct ur_span *rest, size_t *id)
{
    struct ur_span key;

    return take_number(rest, 2, id) && take_vector(rest, 2, &key) && key.len;
}

/* None is a valid offer: the server is to choose a group first. */
static bool read_key_shares(struct ur_span extension, struct ur_client_hello *hello)
{
    struct ur_span rest;
    size_t id;

    if (!take_vector(&extension, 2, &hello->key_shares) || extension.len) {
        return false;
    }
    rest = hello->key_shares;
    while (rest.len) {
        if (!take_key_share(&rest, &id)) {
            return false;
        }
    }
    return true;
}

static const struct reader {
    size_t type;
    bool (*read)(struct ur_span extension, struct ur_client_hello *hello);
} readers[] = {
    {SUPPORTED_GROUPS, read_groups},
    {ALPN, read_alpn},
    {SUPPORTED_VERSIONS, read_versions},
    {KEY_SHARE, read_key_shares},
};

#define READERS (sizeof readers / sizeof readers[0])

/* *seen has a bit for each reader whose extension has come. */
static bool read_extension(size_t type, struct ur_span extension, struct ur_client_hello *hello,
                           unsigned *seen)
{
    for (size_t i = 0; i < READERS; i++) {
        if (readers[i].type == type) {
            bool again = *seen & 1U << i;
            *seen |= 1U << i;
            return !again && readers[i].read(extension, hello);
        }
    }
    return true;
}

/* The next extension. */
static bool take_extension(struct ur_span *rest, struct ur_client_hello *hello, unsigned *seen)
{
    struct ur_span extension;
    size_t type;

    return take_number(rest, 2, &type) && take_vector(rest, 2, &extension) &&
           read_extension(type, extension, hello, seen);
}

static bool read_extensions(struct ur_span extensions, struct ur_client_hello *hello)
{
    unsigned seen = 0;

    while (extensions.len) {
        if (!take_extension(&extensions, hello, &seen)) {
            return false;
        }
    }
    hello->post_quantum = hello->post_quantum && hello->highest >= UR_TLS_1_3;
    return true;
}

/* random, session id, cipher suites, compression methods */
static bool skip_to_extensions(struct ur_span *body)
{
    struct ur_span skipped;

    if (body->len < 32) {
        return false;
    }
    body->at += 32;
    body->len -= 32;
    return take_vector(body, 1, &skipped) && take_vector(body, 2, &skipped) &&
           take_vector(body, 1, &skipped);
}

bool ur_client_hello_read(struct ur_span message, struct ur_client_hello *hello)
{
    struct ur_span body;
    struct ur_span extensions;
    size_t type;
    size_t version;

    if (!take_number(&message, 1, &type) || type != CLIENT_HELLO ||
        !take_vector(&message, 3, &body) || message.len || !take_number(&body, 2, &version)) {
        return false;
    }
    /* A client that means more than 1.2 says so in supported_versions. */
    *hello =
        (struct ur_client_hello){.highest = version_of(version > 0x0303 ? 0x0303 : version)};
    if (!skip_to_extensions(&body)) {
        return false;
    }
    if (!body.len) {
        return true; /* as old clients send it */
    }
    return take_vector(&body, 2, &extensions) && !body.len &&
           read_extensions(extensions, hello);
}

static bool is_grease_name(struct ur_span name)
{
    return name.len == 2 &&
           is_grease((size_t)(unsigned char)name.at[0] << 8 | (unsigned char)name.at[1]);
}

void ur_client_hello_alpn(struct ur_span alpn, struct ur_buf *out)
{
    struct ur_span name;
    bool first = true;

    while (take_vector(&alpn, 1, &name)) {
        if (is_grease_name(name)) {
            continue;
        }
        ur_buf_string(out, first ? "" : ", ");
        for (size_t i = 0; i < name.len; i++) {
            bool printable = name.at[i] > 0x20 && name.at[i] < 0x7F;
            ur_buf_bytes(out, printable ? &name.at[i] : "?", 1);
        }
        first = false;
    }
}

/* Returns the new count. */
static size_t add_group(size_t id, uint16_t *ids, size_t count)
{
    if (is_grease(id) || count == UR_HELLO_GROUPS_MAX) {
        return count;
    }
    ids[count] = (uint16_t)id;
    return count + 1;
}

size_t ur_client_hello_groups(struct ur_span groups, uint16_t ids[UR_HELLO_GROUPS_MAX])
{
    size_t count = 0;
    size_t id;

    while (take_number(&groups, 2, &id)) {
        count = add_group(id, ids, count);
    }
    return count;
}

size_t ur_client_hello_key_shares(struct ur_span key_shares, uint16_t ids[UR_HELLO_GROUPS_MAX])
{
    size_t count = 0;
    size_t id;

    while (take_key_share(&key_shares, &id)) {
        count = add_group(id, ids, count);
    }
    return count;
}
