/* Preloaded into a server, is a clock for durations that is ahead by as many seconds as stand
 * in the file UPGRADE_FAULT_SWITCH: what takes so long is over at once. The time of day stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long seconds_ahead(void)
{
    const char *name = getenv("UPGRADE_FAULT_SWITCH");
    int kept = errno;
    int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
    char text[16] = "";

    if (file >= 0) {
        if (read(file, text, sizeof text - 1) < 0) {
            text[0] = '\0';
        }
        close(file);
    }
    errno = kept;
    return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    /* Not the next one of that name: who asks may be a sanitizer, before it can look for it. */
    int rv = (int)syscall(SYS_clock_gettime, clock, now);

    if (rv == 0 && clock == CLOCK_MONOTONIC) {
        now->tv_sec += seconds_ahead();
    }
    return rv;
}
