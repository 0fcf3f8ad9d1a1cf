#ifndef UR_PAGE_H
#define UR_PAGE_H

/* What the pages share. Each is one document without scripts, fonts or pictures from elsewhere;
 * the colors follow the reader's choice of light or dark, both with a contrast of at least 7:1.
 */

#define UR_PAGE_HEAD                                                                           \
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"                  \
    "<meta name=\"viewport\" content=\"width=device-width\">\n"

#define UR_PAGE_COLOURS                                                                        \
    ":root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#444b54;--line:#c5ccd3;"      \
    "--link:#0a4a9e}"                                                                          \
    "@media(prefers-color-scheme:dark){:root{--fg:#eceff2;--bg:#15181c;--soft:#b8c0c8;"        \
    "--line:#454c55;--link:#9cc7ff}}"                                                          \
    "body{margin:0;background:var(--bg);color:var(--fg);font:1rem/1.6 system-ui,sans-serif}"

#endif
