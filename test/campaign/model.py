"""What the policies of the campaign's server say of a request, written anew from the manual: nothing here is the
module's own. The judge and the backend compare what happens with it."""
import base64
import collections

# What a route demands, and who carries its tunnels. tls: at least this version; http: "2" for HTTP/2 only; few: how
# many tunnels a client may have; limits: the server may put frames of its own into a tunnel, or end it; to: how the backend is
# reached: by http, ws or https, by a balancer, or over connections that are kept.
Route = collections.namedtuple("Route", "websocket keeps tls http strict announces carrier few limits to",
                               defaults=(False, False, "", "", False, False, "event", 0, False, "http"))
ROUTES = {
    "keep": Route(keeps=True),
    "keept": Route(keeps=True, carrier="thread"),
    "need": Route(websocket=True, keeps=True),
    "needt": Route(websocket=True, keeps=True, carrier="thread"),
    "strict": Route(websocket=True, keeps=True, strict=True),
    "limits": Route(keeps=True, limits=True),
    "few": Route(keeps=True, few=2),
    "secure": Route(keeps=True, tls="1.3"),
    "two": Route(keeps=True, http="2"),
    "tells": Route(websocket=True, keeps=True, announces=True),
    "kept": Route(keeps=True, to="kept"),
    "ws": Route(keeps=True, to="ws"),
    "https": Route(keeps=True, to="https"),
    "httpst": Route(websocket=True, keeps=True, to="https", carrier="thread"),
    "balanced": Route(keeps=True, to="balancer"),
    "plain": Route(),
}

# Where a client can connect. floor: what everybody must speak there, as (TLS, HTTP). hasty: its limits are a second.
Host = collections.namedtuple("Host", "tls floor hasty", defaults=(False, ("", ""), False))
HOSTS = {
    "clear": Host(),
    "tls": Host(tls=True),
    "old": Host(floor=("", "1.1")),
    "wall": Host(floor=("any", "")),
    "newest": Host(tls=True, floor=("1.3", "")),
    "hasty": Host(hasty=True),
}

STATUS = {"tls-missing": 426, "tls-version": 426, "http-version": 426, "websocket-stripped": 426, "websocket-missing": 426,
          "websocket-http-version": 426, "websocket-method": 405, "websocket-body": 400, "websocket-version": 426,
          "websocket-key": 400, "websocket-connection": 400, "websocket-origin": 403, "websocket-subprotocol": 400}
ORIGIN, SUBPROTOCOL = "https://good.test", "chat"
END_TO_END = {"origin", "host", "cookie"}


def tokens(values):
    return [token.strip().lower() for value in values for token in value.split(",") if token.strip()]


def is_key(value):
    try:
        return len(value) == 24 and len(base64.b64decode(value, validate=True)) == 16
    except ValueError:
        return False


class Seen:
    """A request as it came: http is 1.0, 1.1 or 2, tls a version or "", fields {name in small letters: [values]}."""

    def __init__(self, method, http, tls, fields, extended=False):
        self.method, self.http, self.tls, self.fields, self.extended = method, http, tls, fields, extended

    def of(self, name):
        return self.fields.get(name, [])

    def upgrades(self):
        return self.extended or "websocket" in tokens(self.of("upgrade"))

    def connects(self):
        return self.extended or "upgrade" in tokens(self.of("connection"))

    def has_evidence(self):
        return bool(self.of("sec-websocket-key") or self.of("sec-websocket-version"))

    def asks(self):
        """For a WebSocket"""
        return self.upgrades() or self.has_evidence()

    def has_body(self):
        return any(value.strip() != "0" for value in self.of("content-length")) or (
            self.http == "1.1" and bool(self.of("transfer-encoding")))


def handshake_fault(seen, strict):
    """The first rule of an opening handshake that the request breaks; "" for none."""
    if not (seen.upgrades() and seen.connects()):
        stripped = (seen.has_evidence() or seen.upgrades() or (seen.connects() and not seen.of("upgrade")))
        return "websocket-stripped" if stripped else "websocket-missing"
    if seen.http == "1.0":
        return "websocket-http-version"
    if seen.method != "GET":
        return "websocket-method"
    if seen.has_body():
        return "websocket-body"
    if seen.of("sec-websocket-version") != ["13"]:
        return "websocket-version"
    if not seen.extended and not (len(seen.of("sec-websocket-key")) == 1 and is_key(seen.of("sec-websocket-key")[0])):
        return "websocket-key"
    if any(name in END_TO_END or name.startswith("sec-websocket-") for name in tokens(seen.of("connection"))):
        return "websocket-connection"
    if strict and seen.of("origin") not in ([], [ORIGIN]):
        return "websocket-origin"
    if strict and SUBPROTOCOL not in [token.strip() for value in seen.of("sec-websocket-protocol")
                                      for token in value.split(",")]:
        return "websocket-subprotocol"
    return ""


def protocol_fault(seen, tls, http):
    if tls and not seen.tls:
        return "tls-missing"
    if tls and tls != "any" and seen.tls < tls:
        return "tls-version"
    if http and seen.http < http:
        return "http-version"
    return ""


def refusal(seen, route, host):
    """The reason for which the request is refused; "": it is allowed."""
    fault = protocol_fault(seen, *host.floor) or protocol_fault(seen, route.tls, route.http)
    if not fault and (route.websocket or (route.keeps and seen.asks())) and not route.announces:
        fault = handshake_fault(seen, route.strict)
    return fault


def switches(seen, route):
    """Whether the backend is asked to switch: a valid handshake, on a route that keeps it."""
    return route.keeps and not handshake_fault(seen, route.strict and not route.announces)


def arrival_fault(route, fields, line):
    """What is wrong with a request that has reached the backend, as far as it can be seen there; "" for nothing."""
    method, _, version = line.partition(" ")[0], *line.rpartition(" ")[1:]
    seen = Seen(method, version.replace("HTTP/", ""), "", fields)
    if seen.of("upgrade"):
        if not route.keeps:
            return "an Upgrade on a route that keeps none"
        fault = handshake_fault(seen, route.strict)
        exact = seen.of("upgrade") == ["websocket"] and tokens(seen.of("connection")) == ["upgrade"]
        return fault or ("" if exact else "Upgrade or Connection is not what a handshake has")
    if route.websocket and not route.announces:
        return "no handshake on a route that demands one"
    if route.keeps and not route.announces and seen.has_evidence():
        return "a part of a handshake"
    return ""
