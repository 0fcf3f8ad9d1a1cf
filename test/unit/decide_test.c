#include "tap.h"

#include "core/policy/ur_decide.h"

#define T(n)  (UINT32_C(1800000000) + (n)) /* seconds */
#define TLS   UR_FAMILY_TLS
#define KEX   UR_FAMILY_KEY_EXCHANGE
#define HTTP  UR_FAMILY_HTTP
#define WS    UR_FAMILY_WEBSOCKET
#define FLOOR true
#define ROUTE false

static const struct ur_brownout LONG[] = {{T(100), T(200), 0, 0, NULL}};

/* What the administrator has said, by name. */
static const struct {
    const char *name;
    struct ur_settings settings;
} said[] = {
    {"nothing", {{0}, UR_REDIRECT_UNSET}},
    {"enforce", {{UR_MODE_ENFORCE, UR_TIME_ALWAYS, NULL, 0}, UR_REDIRECT_OFF}},
    {"off", {{UR_MODE_OFF, UR_TIME_ALWAYS, NULL, 0}, UR_REDIRECT_PERMANENT}},
    {"off, brownout", {{UR_MODE_OFF, UR_TIME_ALWAYS, LONG, 1}, UR_REDIRECT_PERMANENT}},
    {"announce", {{UR_MODE_ANNOUNCE, UR_TIME_ALWAYS, NULL, 0}, UR_REDIRECT_PERMANENT}},
    {"announce, brownout", {{UR_MODE_ANNOUNCE, UR_TIME_ALWAYS, LONG, 1}, UR_REDIRECT_OFF}},
    {"from 150", {{UR_MODE_ENFORCE, T(150), NULL, 0}, UR_REDIRECT_OFF}},
    {"from 150, brownout", {{UR_MODE_ENFORCE, T(150), LONG, 1}, UR_REDIRECT_PERMANENT}},
    {"temporary", {{0}, UR_REDIRECT_TEMPORARY}},
    {"permanent", {{0}, UR_REDIRECT_PERMANENT}},
    {"permanent, brownout",
     {{UR_MODE_ANNOUNCE, UR_TIME_ALWAYS, LONG, 1}, UR_REDIRECT_PERMANENT}},
};

/* clang-format off */
static const struct {
    const char *said;
    unsigned now;
    unsigned unmet;
    bool floor, clear, body, excepted, navigates;
    const char *verdict; /* "silent" for none; " permanent", " close", " until N" behind it */
} cases[] = {
    /* who has said nothing enforces, and sends nobody on */
    {"nothing", 0, TLS, ROUTE, 1, 0, 0, 1, "refuse"},
    {"nothing", 0, TLS, FLOOR, 1, 0, 0, 1, "refuse close"},
    {"nothing", 0, HTTP, ROUTE, 0, 0, 0, 1, "refuse"},
    {"nothing", 0, WS, ROUTE, 0, 0, 0, 0, "refuse"},
    {"nothing", 0, WS, ROUTE, 0, 1, 0, 0, "refuse close"},
    {"nothing", 0, TLS, ROUTE, 1, 0, 1, 1, "except"},
    {"nothing", 0, TLS, FLOOR, 1, 0, 1, 1, "except"},
    {"nothing", 0, WS, FLOOR, 0, 1, 1, 0, "except"},
    {"enforce", 0, TLS | HTTP | WS, ROUTE, 1, 0, 0, 1, "refuse"},
    {"enforce", 150, TLS, FLOOR, 1, 1, 0, 1, "refuse close"},
    {"enforce", 150, HTTP, FLOOR, 0, 0, 1, 0, "except"},

    /* off says nothing, whatever else is said */
    {"off", 0, TLS, ROUTE, 1, 0, 0, 1, "silent"},
    {"off", 0, TLS, FLOOR, 1, 1, 0, 1, "silent"},
    {"off", 0, TLS, ROUTE, 1, 0, 1, 1, "silent"},
    {"off, brownout", 150, TLS, FLOOR, 1, 0, 0, 1, "silent"},

    /* announced: passes, and an exception is told as one */
    {"announce", 0, TLS, ROUTE, 1, 0, 0, 1, "announce"},
    {"announce", 0, TLS, FLOOR, 1, 1, 0, 1, "announce"},
    {"announce", 0, WS, ROUTE, 0, 0, 0, 0, "announce"},
    {"announce", 0, HTTP, ROUTE, 0, 0, 1, 0, "except"},
    {"announce, brownout", 99, TLS, FLOOR, 1, 0, 0, 1, "announce"},
    {"announce, brownout", 100, TLS, FLOOR, 1, 0, 0, 1, "refuse close until 200"},
    {"announce, brownout", 150, WS, ROUTE, 0, 0, 0, 0, "refuse until 200"},
    {"announce, brownout", 150, WS, ROUTE, 0, 1, 0, 0, "refuse close until 200"},
    {"announce, brownout", 150, HTTP, ROUTE, 0, 0, 1, 0, "except"},
    {"announce, brownout", 199, HTTP, ROUTE, 0, 0, 0, 0, "refuse until 200"},
    {"announce, brownout", 200, HTTP, ROUTE, 0, 0, 0, 0, "announce"},

    /* by date */
    {"from 150", 0, HTTP, ROUTE, 0, 0, 0, 0, "announce"},
    {"from 150", 149, HTTP, FLOOR, 0, 0, 0, 0, "announce"},
    {"from 150", 150, HTTP, FLOOR, 0, 0, 0, 0, "refuse close"},
    {"from 150", 151, WS, ROUTE, 0, 0, 0, 0, "refuse"},
    {"from 150", 151, WS, ROUTE, 0, 0, 1, 0, "except"},
    {"from 150, brownout", 120, HTTP, ROUTE, 0, 0, 0, 0, "refuse until 200"},
    {"from 150, brownout", 120, TLS, ROUTE, 1, 0, 0, 1, "redirect until 200"},
    {"from 150, brownout", 150, TLS, ROUTE, 1, 0, 0, 1, "redirect permanent"},
    {"from 150, brownout", 99, TLS, ROUTE, 1, 0, 0, 1, "announce"},

    /* redirects: a navigation in clear that lacks nothing but TLS */
    {"temporary", 0, TLS, ROUTE, 1, 0, 0, 1, "redirect"},
    {"temporary", 0, TLS, FLOOR, 1, 0, 0, 1, "redirect close"},
    {"temporary", 0, TLS, ROUTE, 1, 1, 0, 1, "redirect close"},
    {"temporary", 0, TLS, ROUTE, 0, 0, 0, 1, "refuse"},
    {"temporary", 0, TLS, ROUTE, 1, 0, 0, 0, "refuse"},
    {"temporary", 0, TLS | HTTP, ROUTE, 1, 0, 0, 1, "refuse"},
    {"temporary", 0, TLS | WS, ROUTE, 1, 0, 0, 1, "refuse"},
    {"temporary", 0, HTTP, ROUTE, 1, 0, 0, 1, "refuse"},
    {"temporary", 0, WS, ROUTE, 1, 0, 0, 1, "refuse"},
    {"temporary", 0, TLS, ROUTE, 1, 0, 1, 1, "except"},
    /* in clear the key exchange is unmet because there is none */
    {"temporary", 0, TLS | KEX, ROUTE, 1, 0, 0, 1, "redirect"},
    {"temporary", 0, KEX, ROUTE, 1, 0, 0, 1, "redirect"},
    {"temporary", 0, KEX, ROUTE, 0, 0, 0, 1, "refuse"},
    {"temporary", 0, TLS | KEX, ROUTE, 0, 0, 0, 1, "refuse"},
    {"temporary", 0, TLS | KEX, ROUTE, 1, 0, 0, 0, "refuse"},
    {"temporary", 0, KEX | HTTP, ROUTE, 1, 0, 0, 1, "refuse"},
    {"temporary", 0, TLS | KEX | WS, ROUTE, 1, 0, 0, 1, "refuse"},
    {"nothing", 0, KEX, ROUTE, 1, 0, 0, 1, "refuse"},
    {"nothing", 0, KEX, FLOOR, 0, 0, 0, 1, "refuse close"},
    {"announce", 0, KEX, ROUTE, 0, 0, 0, 1, "announce"},
    {"from 150, brownout", 120, KEX, ROUTE, 0, 0, 0, 1, "refuse until 200"},
    {"permanent", 0, KEX, FLOOR, 1, 0, 0, 1, "redirect permanent close"},
    {"permanent", 0, TLS, ROUTE, 1, 0, 0, 1, "redirect permanent"},
    {"permanent", 0, TLS, FLOOR, 1, 0, 0, 1, "redirect permanent close"},
    {"permanent", 0, TLS, FLOOR, 1, 0, 0, 0, "refuse close"},
    {"permanent", 0, TLS | HTTP, FLOOR, 1, 0, 0, 1, "refuse close"},
    {"permanent", 0, TLS, FLOOR, 0, 0, 0, 1, "refuse close"},
    {"permanent", 0, TLS, FLOOR, 1, 0, 1, 1, "except"},
    {"permanent, brownout", 0, TLS, ROUTE, 1, 0, 0, 1, "announce"},
    {"permanent, brownout", 150, TLS, ROUTE, 1, 0, 0, 1, "redirect until 200"},
    {"permanent, brownout", 150, TLS, FLOOR, 1, 0, 0, 1, "redirect close until 200"},
    {"permanent, brownout", 150, TLS, FLOOR, 1, 0, 0, 0, "refuse close until 200"},
    {"permanent, brownout", 150, TLS, FLOOR, 1, 0, 1, 1, "except"},
};
/* clang-format on */

/* The answers of the callbacks, and how often they were asked. */
struct asked {
    bool excepted, navigates;
    int exceptions, navigations;
};

static bool excepted(void *context)
{
    struct asked *asked = context;

    asked->exceptions++;
    return asked->excepted;
}

static bool navigates(void *context)
{
    struct asked *asked = context;

    asked->navigations++;
    return asked->navigates;
}

static const struct ur_settings *find(const char *name)
{
    for (size_t i = 0; i < COUNT(said); i++) {
        if (strcmp(said[i].name, name) == 0) {
            return &said[i].settings;
        }
    }
    abort();
}

static void spell(const struct ur_ruling *ruling, char *text, size_t size)
{
    char until[32] = "";

    if (ruling->rehearsal) {
        snprintf(until, sizeof until, " until %d", (int)(ruling->rehearsal_ends - T(0)));
    }
    snprintf(text, size, "%s%s%s%s",
             ruling->silent ? "silent" : ur_reason_verdict_word(ruling->verdict),
             ruling->permanent ? " permanent" : "", ruling->close ? " close" : "", until);
}

int main(void)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct asked asked = {cases[i].excepted, cases[i].navigates, 0, 0};
        struct ur_case c = {
            .settings = find(cases[i].said),
            .judgement = {UR_REASON_TLS_MISSING, cases[i].unmet},
            .now = T(cases[i].now),
            .floor = cases[i].floor,
            .clear = cases[i].clear,
            .body = cases[i].body,
            .excepted = excepted,
            .navigates = navigates,
            .context = &asked,
        };
        struct ur_ruling ruling = ur_decide(&c);
        char text[96];
        char name[160];

        spell(&ruling, text, sizeof text);
        snprintf(name, sizeof name, "row %d: %s at %u, unmet %u, %s: %s", (int)i, cases[i].said,
                 cases[i].now, cases[i].unmet, cases[i].floor ? "floor" : "route",
                 cases[i].verdict);
        is(text, cases[i].verdict, name);
        ok(asked.exceptions == !ruling.silent && asked.navigations <= 1,
           "row %d: exceptions are asked for once, or not at all", (int)i);
        ok(!asked.navigations || (!asked.excepted && c.clear && c.settings->redirect),
           "row %d: a navigation is asked for only where it decides", (int)i);
    }
    return tap_done();
}
