#ifndef UR_CACHE_LINE_H
#define UR_CACHE_LINE_H

/* Data that two processors write must not share a cache line. */
#define UR_CACHE_LINE 64

#endif
