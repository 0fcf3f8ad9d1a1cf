#ifndef UR_PATH_H
#define UR_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Paths of request targets. A backend may read one differently from how httpd maps it: it may
 * drop path parameters before or after decoding, decode again, treat a backslash as a slash, or
 * get the path as the client sent it. */

/* Whether all of them find the same segments in it. They may not with: a segment of one or two
 * dots, with or without path parameters; a segment that begins with ';'; a control character;
 * path parameters together with an encoded slash or a backslash; each of them encoded or not,
 * any number of times. The path is as the client sent it, without a query, and is decoded in
 * place. */
bool ur_path_plain(char *path, size_t len);

/* Decodes a plain path and removes what such a backend ignores: path parameters, and everything
 * from an encoded question mark on. False if there is nothing to remove. */
bool ur_path_strip(char *path);

#endif
