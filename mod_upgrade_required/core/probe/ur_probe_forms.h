#ifndef UR_PROBE_FORMS_H
#define UR_PROBE_FORMS_H

#include "core/probe/ur_probe.h"

/* One function per format, and what they share. */

void ur_probe_text(const struct ur_probe *probe, struct ur_buf *out);
void ur_probe_html(const struct ur_probe *probe, struct ur_buf *out);
void ur_probe_json(const struct ur_probe *probe, struct ur_buf *out);

/* The value, truncated if it is too long. */
struct ur_span ur_probe_cut(struct ur_span value);

/* ", key exchange x25519"; nothing if there was none, or it is not known. */
void ur_probe_key_exchange(struct ur_seen seen, struct ur_buf *out);

/* "valid", "invalid", "none". */
const char *ur_probe_handshake_word(const struct ur_probe *probe);

/* What to do next: the n-th sentence, its own words, lines and all, written to *out. False
 * after the last. */
bool ur_probe_next(const struct ur_probe *probe, size_t n, struct ur_buf *out);

#endif
