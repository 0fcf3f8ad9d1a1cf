#include "core/protocol/ur_client_hello.h"

#define CLIENT_HELLO       1
#define ALPN               16
#define SUPPORTED_VERSIONS 43

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

static bool read_versions(struct ur_span extension, enum ur_tls *highest)
{
    struct ur_span list;
    size_t number;

    *highest = UR_TLS_SOME;
    if (!take_vector(&extension, 1, &list) || extension.len || !list.len || list.len % 2) {
        return false;
    }
    while (take_number(&list, 2, &number)) {
        enum ur_tls version = is_grease(number) ? UR_TLS_SOME : version_of(number);
        *highest = version > *highest ? version : *highest;
    }
    return true;
}

static bool read_alpn(struct ur_span extension, struct ur_span *alpn)
{
    struct ur_span name;
    struct ur_span rest;

    if (!take_vector(&extension, 2, alpn) || extension.len || !alpn->len) {
        return false;
    }
    rest = *alpn;
    while (rest.len) {
        if (!take_vector(&rest, 1, &name) || !name.len) {
            return false;
        }
    }
    return true;
}

static bool read_extensions(struct ur_span extensions, struct ur_client_hello *hello)
{
    while (extensions.len) {
        struct ur_span extension;
        size_t type;
        bool good =
            take_number(&extensions, 2, &type) && take_vector(&extensions, 2, &extension);

        if (good && type == SUPPORTED_VERSIONS) {
            good = read_versions(extension, &hello->highest);
        }
        else if (good && type == ALPN) {
            good = read_alpn(extension, &hello->alpn);
        }
        if (!good) {
            return false;
        }
    }
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
    hello->highest = version_of(version > 0x0303 ? 0x0303 : version);
    hello->alpn = (struct ur_span){NULL, 0};
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
