#ifndef UR_VERSION_H
#define UR_VERSION_H

/* The version of both modules and of the library, by which packages, tarballs and documents go:
 * build/lint compares them with this line. A server shows it to its administrator only, never
 * in a Server header. */
#define UPGRADE_VERSION "1.0.0"

#endif
