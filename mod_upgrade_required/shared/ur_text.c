#include "shared/ur_text.h"

#include "core/text/ur_time.h"

/* Numbers may have grown since they were measured. */
#define MARGIN 64

struct ur_span ur_text(apr_pool_t *pool, apr_size_t usual, ur_text_write *write,
                       const void *from)
{
    struct ur_buf text = {NULL, usual, 0};

    do {
        text = (struct ur_buf){apr_palloc(pool, text.size + 1), text.size, 0};
        write(&text, from);
        if (!ur_buf_full(&text)) {
            text.at[text.len] = '\0';
            return (struct ur_span){text.at, text.len};
        }
        text.size = text.len + MARGIN;
    } while (true);
}

static void write_time(struct ur_buf *out, const void *time)
{
    ur_time_write(out, *(const int64_t *)time);
}

static void write_http_date(struct ur_buf *out, const void *time)
{
    ur_time_write_http(out, *(const int64_t *)time);
}

const char *ur_text_http_date(apr_pool_t *pool, int64_t time)
{
    return ur_text(pool, sizeof "Fri, 01 Jan 2027 00:00:00 GMT", write_http_date, &time).at;
}

const char *ur_text_time(apr_pool_t *pool, int64_t time)
{
    return ur_text(pool, sizeof "2027-01-01T00:00:00Z", write_time, &time).at;
}
