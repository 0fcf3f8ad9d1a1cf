#define _GNU_SOURCE /* popen() */

#include "tap.h"

#include <libgen.h>

/* The example for whoever embeds the core does what it shows. */

static const char WANT[] =
    "426 Upgrade Required\n"
    "\n"
    "426 Upgrade Required\n"
    "\n"
    "This resource requires TLS/1.3 or newer. The request used TLS 1.2.\n"
    "\n"
    "What to do: Update the client, or the TLS library it uses, to one that "
    "supports TLS/1.3.\n"
    "\n"
    "Reason:     tls-version\n"
    "Required:   TLS/1.3\n"
    "Received:   HTTP/1.1 over TLS 1.2\n"
    "Upgrade to: TLS/1.3, HTTP/1.1\n";

int main(int argc, char **argv)
{
    char got[4096] = "";
    char program[512];
    FILE *output;

    (void)argc;
    snprintf(program, sizeof program, "%s/../embed/refuse", dirname(argv[0]));
    output = popen(program, "r");
    if (output) {
        got[fread(got, 1, sizeof got - 1, output)] = '\0';
        ok(pclose(output) == 0, "the example ends well");
    }
    is(got, WANT, "it writes the whole response");
    return tap_done();
}
