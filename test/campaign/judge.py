"""What must be true of a case that is over: invariants, whatever was said, and answers, where the model knows them."""
import json

from answers import ANSWERS, HIDDEN, accept_of
from cases import breaks_late
from model import HOSTS, STATUS

# A child has no room for a handshake at the moment, or the client holds as many tunnels as it may.
BUSY, MANY = 503, 429


def is_farewell(data, masked):
    """A Close of the server's own, or the beginning of one"""
    head = b"\x88\x82" if masked else b"\x88\x02"
    return data[:2] == head[:len(data)]


def carried(got, sent, masked):
    """What has arrived is what was sent, or the beginning of it, and perhaps a farewell."""
    sizes = range(min(len(got), 8 if masked else 4) + 1)
    return any(sent.startswith(got[:len(got) - size]) and is_farewell(bytes(got[len(got) - size:]), masked) for size in sizes)


class Judge:
    def __init__(self, facts):
        self.facts, self.case = facts, facts.case
        self.faults = []

    def fault(self, text):
        self.faults.append(text)

    def judge(self):
        if self.facts.stuck:
            self.fault(f"is stuck: {self.facts.stuck}")
        self.hidden()
        self.statuses()
        if self.facts.tunnel is not None:
            self.tunnel(self.facts.tunnel)
        if not self.facts.disturbed:
            self.answers()
        return self.faults

    # Whatever happens

    def hidden(self):
        """What stands behind a switch that is none is carried nowhere."""
        plain = [arrival for arrivals in self.facts.asked.values() for arrival in arrivals if "upgrade" not in arrival.fields]
        if any(ANSWERS[arrival.answer].plain is None for arrival in plain if arrival.answer):
            return  # which any server may take for HTTP/0.9
        if HIDDEN.encode() in self.facts.everything or HIDDEN.encode() in self.facts.got:
            self.fault("the client has got what stands behind an answer that is no switch")

    def statuses(self):
        case = self.case
        sure = not case.vague() and not HOSTS[case.host].hasty  # mod_proxy's, when TLS to a backend takes too long
        for index, response in self.facts.heard.items():
            if response.status == 500 and sure and (case.refusal(index) or case.switches(index)):
                self.fault(f"request {index}: 500")
            if response.status == 101 and self.facts.tunnel is None and not self.facts.to_h2c:
                self.fault(f"request {index}: a 101 to nothing")

    def tunnel(self, index):
        """No client gets a 101 that the backend has not said, on a handshake that was judged."""
        asked = [arrival for arrival in self.facts.asked.get(index, []) if arrival.switched]
        if len(asked) != 1:
            self.fault(f"request {index}: a tunnel, and the backend has said {len(asked)} times 101")
            return
        arrival, case = asked[0], self.case
        key, accept = case.requests[index].value("Sec-WebSocket-Key"), self.facts.heard[index].of("sec-websocket-accept")
        if not case.http2() and not case.vague() and accept != [accept_of(key)]:
            self.fault(f"request {index}: a 101 with the accept {accept}")
        if not case.requests[index].vague and not case.switches(index):
            self.fault(f"request {index}: a 101, and the model says {case.refusal(index) or 'it asks for none'}")
        if case.vague() or case.route_of(index).limits:
            return
        if not carried(self.facts.got, arrival.sent, False):
            self.fault(f"request {index}: the client got {bytes(self.facts.got[:300])} for {bytes(arrival.sent[:300])}")
        if not carried(arrival.got, self.facts.sent, True):
            self.fault(f"request {index}: the backend got {bytes(arrival.got[:300])} for {bytes(self.facts.sent[:300])}")

    # Where the model knows

    def answers(self):
        case, facts = self.case, self.facts
        for index, request in enumerate(case.requests):
            if request.vague:
                return
            reason, response = case.refusal(index), facts.heard.get(index)
            if case.early is not None:
                continue
            if response is None:
                if index == 0 and not facts.stuck and not case.vague() and not self.may_be_silent(index):
                    self.fault(f"request {index}: no answer: {facts.gone or 'it has ended'}")
                return
            if reason:
                self.refused(index, reason, response)
            elif not HOSTS[case.host].hasty:
                self.allowed(index, response)
            if response.status == 101:
                return

    def may_be_silent(self, index):
        # A child that leaves ends its HTTP/2 connections, which mod_http2 does not linger with.
        ends = self.facts.goaway or self.facts.restarted and self.case.kind.startswith("h2")
        return HOSTS[self.case.host].hasty or ends or ANSWERS[self.case.answers[index]].status is None

    def refused(self, index, reason, response):
        expected = STATUS[reason]
        if response.status == 408 and HOSTS[self.case.host].hasty:  # the request has not come in time
            return
        if response.status != expected:
            self.fault(f"request {index}: {response.status}, and the model says {reason}")
        if "json" in "".join(response.of("content-type")) and response.whole and response.body:
            try:
                said = json.loads(response.body)
            except ValueError:
                self.fault(f"request {index}: no JSON: {response.body[:300]}")
                return
            if said.get("reason") != reason or said.get("status") != expected:
                self.fault(f"request {index}: the body says {said.get('reason')} and {said.get('status')}, the model {reason}")

    def allowed(self, index, response):
        case, answer = self.case, ANSWERS[self.case.answers[index]]
        handshake = case.switches(index)
        if response.status in STATUS.values() and response.of("content-type") == ["application/problem+json"] and (
                response.status != MANY):
            self.fault(f"request {index}: is refused, and the model allows it: {response.body[:200]}")
            return
        early = case.plan == "breaks" and not breaks_late(case)  # a reset may come before what was sent
        if handshake and (response.status in (BUSY, MANY) or early and response.status == 502) or answer.switches == "either":
            return
        expected = answer.status if handshake else answer.plain
        if expected is None:
            return
        if case.requests[index].extended and expected == 101:
            expected = 200
        elif case.requests[index].extended and 200 <= expected < 300:
            expected = 502
        if response.status != expected and not (case.kind == "h2c"):
            self.fault(f"request {index}: {response.status} for {expected}, the backend's answer being {case.answers[index]}")
