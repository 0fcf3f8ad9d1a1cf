#ifndef UR_CACHE_LINE_H
#define UR_CACHE_LINE_H

/* What two processors write must not share one. */
#define UR_CACHE_LINE 64

#endif
