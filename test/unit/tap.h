#ifndef TAP_H
#define TAP_H

/* The little that a table of cases needs to speak TAP (read by prove). */

#include "core/text/ur_span.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int tap_count;
static int tap_failed;

__attribute__((format(printf, 2, 3))) static inline bool ok(bool passed, const char *name, ...)
{
    va_list arguments;

    printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
    va_start(arguments, name);
    vprintf(name, arguments);
    va_end(arguments);
    putchar('\n');
    tap_failed += !passed;
    return passed;
}

/* NULL equals NULL only. */
static inline bool is(const char *got, const char *want, const char *name)
{
    bool same = got && want ? strcmp(got, want) == 0 : got == want;

    if (!ok(same, "%s", name ? name : "NULL")) {
        printf("#   got: %s\n#  want: %s\n", got ? got : "(none)", want ? want : "(none)");
    }
    return same;
}

static inline int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The string, without its NUL, at the very end of a readable page: reading one byte too
 * many faults. NULL stays absent. The page lives as long as the test. */
static inline struct ur_span edge(const char *string)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t len = string ? strlen(string) : 0;
    size_t room = (len / page + 1) * page;
    char *map;

    if (!string) {
        return (struct ur_span){NULL, 0};
    }
    map = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + room, page, PROT_NONE) != 0) {
        abort();
    }
    memcpy(map + room - len, string, len);
    return (struct ur_span){map + room - len, len};
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#endif
