"""A case: one connection of a client, what it says, what the backend answers, and how both end.

A case is drawn from the tables by the seed and its number, and by nothing else, so that a number repeats it. What was
drawn for it stands in its features; a case can be drawn again without some of them, to find out which it takes."""
import hashlib
import random
import re
import struct
import sys

from answers import ANSWERS, ENDS_ITSELF, HANGING, PLANS, SWITCHING
from model import HOSTS, ROUTES, Seen, protocol_fault, refusal, switches
from questions import BYTES, PARTS, RAW, Request, handshake

TARGET = re.compile(r"/(\w+)/(\d+)\.(\d+)\.([0-9a-f]{8})")
KINDS = ("right",) * 9 + ("nearly",) * 7 + ("broken",) * 6 + ("plain",) * 3 + ("row",) * 3 + ("h2",) * 3 + (
    "h2 socket",) * 3 + ("h2c", "raw")
# How often a kind meets a backend that switches as it should; at other times any of its answers comes.
SWITCHES = {"right": 0.7, "h2 socket": 0.7, "nearly": 0.4, "broken": 0.4}
PLAIN = ("GET", "GET", "HEAD", "POST", "OPTIONS", "DELETE")
HTTP1_HOSTS = ("clear",) * 6 + ("tls",) * 4 + ("old", "wall", "newest", "newest", "hasty", "hasty")
# How the client of a tunnel ends it; those that wait need somebody else who
# ends it: "waits" a backend or a hasty server, "stays" whatever happens to the server next.
ENDINGS = ("says Close", "goes", "breaks", "half-closes", "waits", "floods and breaks", "reads all and goes", "stays")
HTTP2_ENDINGS = ("ends its stream", "resets its stream", "says GOAWAY", "goes", "breaks")
# How a client leaves that does not wait for an answer.
EARLY = ("goes", "breaks", "half-closes")


def frame(rng, first, payload, is_masked=True, length=None):
    size = len(payload) if length is None else length
    head = bytes([first, (0x80 if is_masked else 0) | (size if size < 126 else 126 if size < 65536 else 127)])
    head += b"" if size < 126 else struct.pack(">H", size) if size < 65536 else struct.pack(">Q", size)
    if not is_masked:
        return head + payload
    mask = rng.randbytes(4)
    keys = (mask * (len(payload) // 4 + 1))[:len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(keys, "big")
    return head + mask + masked.to_bytes(len(payload), "big")


# What is said in a tunnel: name: (frame's first byte, payload) or bytes.
FRAMES = {
    "text": lambda rng, m: frame(rng, 0x81, b"text" * rng.randrange(20), m),
    "binary": lambda rng, m: frame(rng, 0x82, rng.randbytes(rng.randrange(300)), m),
    "of 65535": lambda rng, m: frame(rng, 0x82, bytes(65535), m),
    "of 70000": lambda rng, m: frame(rng, 0x82, bytes(70000), m),
    "fragments": lambda rng, m: frame(rng, 1, b"a", m) + frame(rng, 0, b"b", m) + frame(rng, 0x80, b"c", m),
    "a ping between fragments": lambda rng, m: frame(rng, 1, b"a", m) + frame(rng, 0x89, b"p", m) + frame(rng, 0x80, b"c", m),
    "empty": lambda rng, m: frame(rng, 0x81, b"", m),
    "ping": lambda rng, m: frame(rng, 0x89, b"ping", m),
    "pong": lambda rng, m: frame(rng, 0x8a, rng.randbytes(rng.choice((0, 8, 12, 125))), m),
    "ping of 126": lambda rng, m: frame(rng, 0x89, bytes(126), m),
    "Close": lambda rng, m: frame(rng, 0x88, struct.pack(">H", rng.choice((1000, 1001, 1005, 999, 4999, 5000))) + b"bye", m),
    "Close without a code": lambda rng, m: frame(rng, 0x88, b"", m),
    "Close of one byte": lambda rng, m: frame(rng, 0x88, b"\x03", m),
    "no UTF-8": lambda rng, m: frame(rng, 0x81, b"\xff\xfe", m),
    "reserved bits": lambda rng, m: frame(rng, 0xf1, b"x", m),
    "a reserved opcode": lambda rng, m: frame(rng, 0x8f, b"x", m),
    "a fragmented Close": lambda rng, m: frame(rng, 0x08, b"", m),
    "a stray continuation": lambda rng, m: frame(rng, 0x80, b"x", m),
    "the other masking": lambda rng, m: frame(rng, 0x82, b"xyz", not m),
    "a huge length": lambda rng, m: frame(rng, 0x82, b"x" * 20, m, length=1 << 62),
    "a length above 2^63": lambda rng, m: frame(rng, 0x82, b"x" * 20, m, length=(1 << 64) - 1),
    "half a frame": lambda rng, m: frame(rng, 0x82, bytes(100), m)[:rng.randrange(1, 60)],
    "chance": lambda rng, m: rng.randbytes(rng.randrange(1, 200)),
    "a request": lambda rng, m: b"GET /need/inner HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an answer": lambda rng, m: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
}


def chance(seed, number, what=""):
    return random.Random(f"{seed} {number} {what}")


def dealt(seed, number, name, rows):
    """A row of a table: each comes once before any comes again."""
    order = list(rows)
    random.Random(f"{seed} {name} {number // len(order)}").shuffle(order)
    return order[number % len(order)]


def check_of(seed, number, index):
    return hashlib.sha256(f"{seed} {number} {index}".encode()).hexdigest()[:8]


def breaks_late(case):
    """Whether a backend that breaks does so when the client has its 101, or at once."""
    return case.number % 2 == 1


class Case:
    """requests and answers: one of each for each index; plan, says: the backend's in a tunnel; talk, ending: the
    client's; early: after how many bytes the client leaves, without waiting for an answer, None if it does wait."""

    def __init__(self, seed, number, without=()):
        self.seed, self.number, self.without = seed, number, set(without)
        self.features = []
        self.kind = dealt(seed, number, "kind", KINDS)
        self.host = dealt(seed, number, "host", HTTP1_HOSTS)
        self.tls = ""
        self.requests, self.answers, self.early, self.raw = [], [], None, None
        self._draw()

    # What is drawn

    def rng(self, what):
        return chance(self.seed, self.number, what)

    def has(self, feature):
        """Whether the feature, which was drawn, is in the case; it is not where it was to be left out."""
        if feature not in self.without:
            self.features.append(feature)
        return feature not in self.without

    def target(self, route, index):
        return f"/{route}/{self.number}.{index}.{check_of(self.seed, self.number, index)}"

    def route(self, index):
        """Mostly one whose TLS and HTTP the connection has, so that it is the request that counts."""
        rng, name = self.rng(f"route {index}"), dealt(self.seed, self.number, f"route {index}", ROUTES)
        bare = Seen("GET", "2" if self.kind in ("h2", "h2 socket") else "1.1", self.tls, {})
        fitting = [other for other, route in ROUTES.items() if not protocol_fault(bare, route.tls, route.http)]
        return name if name in fitting or rng.random() < 0.1 else rng.choice(fitting)

    def _draw(self):
        rng = self.rng("case")
        if self.kind in ("h2", "h2 socket", "h2c"):
            self.host = "clear" if self.kind == "h2c" else rng.choice(("clear", "clear", "tls", "tls", "tls", "newest", "wall"))
        if HOSTS[self.host].tls:
            self.tls = rng.choice(("1.2", "1.3"))
        if self.kind == "raw":
            self.host, self.tls = rng.choice(("clear", "tls", "hasty")), ""
            self.raw = dealt(self.seed, self.number, "raw", RAW)
        for index in range(rng.randrange(2, 5) if self.kind == "row" else 0 if self.kind == "raw" else 1):
            self._draw_request(index)
        self._draw_tunnel(rng)
        self._draw_pieces(rng)
        self._draw_leaving(rng)

    def _draw_request(self, index):
        rng, kind = self.rng(f"request {index}"), self.kind
        if kind == "row":
            kind = rng.choice(("right", "nearly", "plain", "plain", "broken"))
        target = self.target(self.route(index), index)
        if kind in ("plain", "h2", "h2c"):
            request = self._plain(target, rng)
        else:
            request = handshake(target, rng)
        if kind == "h2 socket":
            request.extended = True
            request.remove("Upgrade", "Connection", "Sec-WebSocket-Key")
            request.method = "GET"  # as which it is judged
        if kind == "h2c":
            request.method, request.body = "GET", b""
            request.remove("Content-Length")
            for name, value in (("Upgrade", "h2c"), ("Connection", "Upgrade, HTTP2-Settings"), ("HTTP2-Settings", "AAMAAABkAAQAAP__")):
                request.add(name, value)
        self._mutate(request, kind, index, rng)
        self.requests.append(request)
        table = SWITCHING if rng.random() < SWITCHES.get(kind, 0) else ANSWERS
        name = dealt(self.seed, self.number + index, "answer" + str(len(table)), table)
        self.answers.append(f"switch: {name}" if table is SWITCHING else name)

    def _plain(self, target, rng):
        request = Request(rng.choice(PLAIN), target)
        if request.method == "POST":
            request.body = b"p" * rng.choice((0, 10, 3000, 100_000))
            request.add("Content-Length", str(len(request.body)))
        return request

    def _mutate(self, request, kind, index, rng):
        if kind in ("right", "plain", "h2", "h2c"):
            return
        if kind == "h2 socket":
            names = [rng.choice(("nothing", "nothing", "no version", "version 8", "two versions", "another origin", "no subprotocol",
                                 "a cookie and extensions"))]
        else:
            names = [dealt(self.seed, self.number + index, "part", PARTS)]
            names += [rng.choice(list(PARTS)) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
        if kind == "broken":
            names = [dealt(self.seed, self.number + index, "bytes", BYTES)] + names[:rng.choice((0, 0, 1))]
        for name in dict.fromkeys(names):
            own = self.rng(f"{index} {name}")
            if self.has(f"{index}: {name}"):
                {**PARTS, **BYTES}[name](request, own)

    def _draw_tunnel(self, rng):
        self.plan = dealt(self.seed, self.number, "plan", PLANS)
        if self.kind == "h2 socket":
            endings = HTTP2_ENDINGS
        else:
            alone = self.plan in ENDS_ITSELF
            endings = [name for name in ENDINGS if (name != "waits" or alone or self.host == "hasty") and (
                name != "stays" or not alone and self.host != "hasty")]
        self.ending = rng.choice(endings)
        self.talk, self.says = [], []
        for pieces, who, masked in ((self.talk, "client", True), (self.says, "backend", False)):
            for _ in range(self.rng(who).choice((0, 1, 1, 2, 5))):
                name = self.rng(f"{who} {len(pieces)}").choice(list(FRAMES))
                made = FRAMES[name](self.rng(f"{who} {len(pieces)} {name}"), masked)
                pieces.append(made if self.has(f"{who} says: {len(pieces)} {name}") else b"")
        if self.kind.startswith("h2"):
            self.talk = [piece[:4000] for piece in self.talk]

    def _draw_pieces(self, rng):
        """Where what is sent is cut: 0 for nowhere, or the length of the pieces."""
        self.piece = rng.choice((0, 0, 0, 1, 7, 100))
        if self.piece and not self.has(f"pieces of {self.piece}"):
            self.piece = 0
        # What has to be answered before the next is sent, or all at once
        self.ahead = self.kind == "row" and rng.random() < 0.5 and self.has("all requests at once")
        # Bytes of the tunnel that do not wait for the 101
        self.eager = self.kind in ("right", "nearly") and rng.random() < 0.1 and self.has("talks before the 101")

    def _draw_leaving(self, rng):
        size = sum(len(request.bytes()) for request in self.requests)
        hangs = bool(HANGING.intersection(self.answers))
        leaves = hangs or rng.random() < 0.12
        if self.kind in ("right", "nearly", "broken", "plain", "row") and leaves and self.host != "hasty":
            whole = rng.random() < 0.6
            self.early = size if whole else rng.randrange(size)
            self.leaving = rng.choice(EARLY[:2] if hangs else EARLY)
            self.has("leaves early")
        elif leaves:  # with HTTP/2, or where somebody else is hasty
            self.answers = [name if name not in HANGING or self.host == "hasty" else "answer: 200" for name in self.answers]

    # What is known of it

    def http2(self):
        return self.kind in ("h2", "h2 socket")

    def vague(self):
        return any(request.vague for request in self.requests)

    def refusal(self, index):
        """The reason for which the model says it is refused"""
        request = self.requests[index]
        return refusal(request.seen(self.tls, self.http2()), self.route_of(index), HOSTS[self.host])

    def switches(self, index):
        request = self.requests[index]
        return not self.refusal(index) and switches(request.seen(self.tls, self.http2()), self.route_of(index))

    def route_of(self, index):
        return ROUTES[self.route(index)]

    def said(self):
        """What the client says in its tunnel"""
        return b"".join(self.talk)

    def drawn(self):
        """Which rows of the tables are in it: (table, row)"""
        for feature in self.features:
            index, _, name = feature.partition(": ")
            if index.isdigit():
                yield ("parts", name) if name in PARTS else ("bytes", name)
            elif "says" in index:
                yield "frames", name.partition(" ")[2]
        yield from [("answers", name) for name in self.answers] + ([("raw", self.raw)] if self.raw else [])
        if self.kind != "raw":
            yield from (("routes", self.route(index)) for index in range(len(self.requests)))
        yield from (("kinds", self.kind), ("hosts", self.host), ("plans", self.plan), ("endings", self.ending))

    def describe(self):
        lines = [f"case {self.number}: {self.kind}, host {self.host}{' TLS ' + self.tls if self.tls else ''}, the backend's tunnel "
                 f"{self.plan}, the client {self.ending}; pieces of {self.piece}{', all at once' if self.ahead else ''}"
                 f"{', talks before the 101' if self.eager else ''}"]
        if self.early is not None:
            lines.append(f"  leaves after {self.early} bytes: {self.leaving}")
        if self.raw:
            lines.append(f"  sends {self.raw}")
        for index, request in enumerate(self.requests):
            lines.append(f"  request {index}: {str(request)[:600]}")
            lines.append(f"  the model: {'vague' if request.vague else self.refusal(index) or 'allowed'}; "
                         f"the backend answers with {self.answers[index]}")
        return "\n".join([*lines, f"  drawn: {self.features}"])


TABLES = {"parts": PARTS, "bytes": BYTES, "frames": FRAMES, "answers": ANSWERS, "raw": RAW, "routes": ROUTES, "kinds": set(KINDS),
          "hosts": HOSTS, "plans": PLANS, "endings": {*ENDINGS, *HTTP2_ENDINGS}}


def main():
    """cases.py SEED COUNT: the first cases, in words, and which rows of the tables are in none of them."""
    seed, count = map(int, sys.argv[1:])
    drawn = {table: set() for table in TABLES}
    for number in range(count):
        case = Case(seed, number)
        print(case.describe())
        for table, row in case.drawn():
            drawn[table].add(row)
    for table, rows in TABLES.items():
        print(f"{table}: {len(rows)} rows, not drawn: {sorted(set(rows) - drawn[table])}")


if __name__ == "__main__":
    main()
