#ifndef UR_PATH_H
#define UR_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Paths of request targets. What stands behind this server may read one in another way than
 * httpd maps it: it drops path parameters before or after it decodes, decodes once more, takes
 * a backslash for a slash, or gets the path as the client wrote it. */

/* Whether all of them find the segments in it that one sees. Not so: a segment of one or two
 * dots, with path parameters or without; a segment that begins with ';'; a control character;
 * path parameters beside a slash that is encoded or a backslash; each of them encoded or not,
 * as often as one likes. The path is given as the client wrote it, without a query, and is
 * decoded where it stands. */
bool ur_path_plain(char *path, size_t len);

/* Decodes a plain path and takes out what such a reader passes over: path parameters, and all
 * from an encoded question mark on. False where there is nothing to take out. */
bool ur_path_strip(char *path);

#endif
