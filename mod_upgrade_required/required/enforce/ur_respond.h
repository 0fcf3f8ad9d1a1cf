#ifndef UR_RESPOND_H
#define UR_RESPOND_H

#include "core/response/ur_accept.h"
#include "core/response/ur_reply.h"

#include <httpd.h>

/* The only writer of response headers and of the UPGRADE_* variables. */

enum ur_phase { UR_PHASE_FLOOR, UR_PHASE_ROUTE };

const char *ur_respond_phase_word(enum ur_phase phase);

/* Sets UPGRADE_VERDICT, UPGRADE_REASON, UPGRADE_POLICY and UPGRADE_PHASE. policy
 * must live as long as the request. */
void ur_respond_note(request_rec *r, enum ur_verdict verdict, enum ur_reason reason,
                     const char *policy, enum ur_phase phase);

/* Answers a refused request. Returns what the calling hook has to return: DONE if the response
 * has been sent, a status if an ErrorDocument is to send it. *reply has the status for the log.
 */
int ur_respond_refusal(request_rec *r, const struct ur_refusal *refusal,
                       struct ur_reply *reply);

/* Whether exactly this has been noted by ur_respond_note() already. */
bool ur_respond_noted(const request_rec *r, enum ur_verdict verdict, enum ur_reason reason,
                      const char *policy, enum ur_phase phase);

/* Redirects the client to an https URL, which must live as long as the request. Returns the
 * status for the calling hook. */
int ur_respond_redirect(request_rec *r, const char *url, bool permanent);

/* Prepares a request that httpd makes in the course of another, an internal redirect or an
 * ErrorDocument: it keeps the variables. If it is about a response of this module, it waits for
 * no body, and httpd's own protocol switch does not apply. */
void ur_respond_internal(request_rec *r);

/* Removes the client's Upgrade from a request that is not judged, so that its handler or
 * backend cannot switch protocols. The requests from which it was made keep theirs. */
void ur_respond_no_switch(request_rec *r);

/* Sends a page of this module, not cacheable; the text lives as long as the request. Returns
 * what a handler has to return. */
int ur_respond_page(request_rec *r, int status, const char *type, struct ur_span text);

/* The same for a page that does not exist in the requested format: lists those that do. */
int ur_respond_no_form(request_rec *r, const struct ur_form forms[], size_t count);

/* The client must reconnect. */
void ur_respond_close(request_rec *r);

#endif
