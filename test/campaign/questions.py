"""What clients ask: a request as its parts, and the ways in which it is mutated.

A mutation of PARTS changes a part, and the model knows what the policy says of the result. One of BYTES changes what
httpd's parser has to cope with, and nobody foretells the answer: the request is `vague`. Each row is
name: what it does to the request, with a source of chance."""
import base64
import json

from model import ORIGIN, SUBPROTOCOL, Seen

WEBSOCKET = ("Upgrade", "Connection", "Sec-WebSocket-Version", "Sec-WebSocket-Key")


class Request:
    """method, target and version of its line, [name, value] of each header, a body, and edits of the bytes."""

    def __init__(self, method, target, version="HTTP/1.1"):
        self.method, self.target, self.version = method, target, version
        self.lines, self.body, self.vague, self.edits = [["Host", "localhost"]], b"", False, []
        self.extended = False  # an extended CONNECT of HTTP/2

    def add(self, name, value):
        self.lines.append([name, value])

    def remove(self, *names):
        self.lines = [line for line in self.lines if line[0] not in names]

    def set(self, name, *values):
        """In place of those with the name."""
        self.remove(name)
        for value in values:
            self.add(name, value)

    def value(self, name):
        return next((value.strip(" \t") for other, value in self.lines if other.lower() == name.lower()), "")

    def fields(self):
        found = {}
        for name, value in self.lines:
            found.setdefault(name.lower(), []).append(value.strip(" \t"))
        return found

    def seen(self, tls, http2=False):
        http = "2" if http2 else self.version.replace("HTTP/", "")
        return Seen(self.method, http, tls, self.fields(), self.extended)

    def bytes(self):
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.lines)
        data = f"{self.method} {self.target} {self.version}\r\n{lines}\r\n".encode("latin-1") + self.body
        for edit in self.edits:
            data = edit(data)
        return data

    def __str__(self):
        return json.dumps(self.bytes().decode("latin-1"))


def handshake(target, rng):
    request = Request("GET", target)
    for name, value in zip(WEBSOCKET, ("websocket", "Upgrade", "13", key(rng))):
        request.add(name, value)
    request.add("Origin", ORIGIN)
    request.add("Sec-WebSocket-Protocol", f"other, {SUBPROTOCOL}")
    return request


def key(rng, size=16):
    return base64.b64encode(rng.randbytes(size)).decode()


def sized(request, body):
    request.body = body
    request.vague |= bool(request.value("Transfer-Encoding"))  # these are no chunks
    request.set("Content-Length", str(len(body)))


def chunked(request, rng):
    request.set("Transfer-Encoding", "chunked")
    sizes = [rng.randrange(1, 3000) for _ in range(rng.randrange(4))]
    request.body = b"".join(b"%x\r\n%b\r\n" % (size, b"c" * size) for size in sizes) + b"0\r\n\r\n"


def method(name):
    return lambda request, rng: setattr(request, "method", name)


def put(name, *values):
    return lambda request, rng: request.set(name, *values)


def older(request, rng):
    request.version = "HTTP/1.0"


def recase(request, rng):
    for line in request.lines:
        line[0] = "".join(rng.choice((c.lower(), c.upper())) for c in line[0])


def pad_values(request, rng):
    for line in request.lines:
        line[1] = rng.choice((" ", "\t", "")) + line[1] + rng.choice((" ", "\t \t"))


def many_headers(request, rng):
    for i in range(rng.randrange(20, 60)):
        request.add(f"X-{i}", "x" * rng.randrange(50))


def names_header(name):
    return lambda request, rng: request.set("Connection", f"Upgrade, {name}")


# The model knows what the policy says of these.
PARTS = {
    "nothing": lambda request, rng: None,
    "no Upgrade": lambda request, rng: request.remove("Upgrade"),
    "no Connection": lambda request, rng: request.remove("Connection"),
    "neither of them": lambda request, rng: request.remove("Upgrade", "Connection"),
    "nothing of a handshake": lambda request, rng: request.remove(*WEBSOCKET),
    "Connection alone": lambda request, rng: request.remove("Upgrade", *WEBSOCKET[2:]),
    "Upgrade in capitals": put("Upgrade", "WebSocket"),
    "Upgrade in a list": put("Upgrade", "foo/1, websocket"),
    "Upgrade in two lines": put("Upgrade", "foo", "websocket"),
    "another Upgrade": put("Upgrade", "foo"),
    "another Upgrade alone": lambda request, rng: (request.remove(*WEBSOCKET[2:]), request.set("Upgrade", "irc/6.9")),
    "Connection keeps alive": put("Connection", "keep-alive"),
    "Connection in a list": put("Connection", "keep-alive, Upgrade"),
    "Connection in two lines": put("Connection", "keep-alive", "upgrade"),
    "Connection with empty members": put("Connection", ", ,Upgrade,,"),
    "Connection names the key": names_header("Sec-WebSocket-Key"),
    "Connection names Origin": names_header("origin"),
    "Connection names Host": names_header("Host"),
    "Connection names Cookie": names_header("COOKIE"),
    "no version": lambda request, rng: request.remove("Sec-WebSocket-Version"),
    "version 8": put("Sec-WebSocket-Version", "8"),
    "version in a list": put("Sec-WebSocket-Version", "13, 8"),
    "two versions": put("Sec-WebSocket-Version", "13", "13"),
    "version with a zero": put("Sec-WebSocket-Version", "013"),
    "an empty version": put("Sec-WebSocket-Version", ""),
    "no key": lambda request, rng: request.remove("Sec-WebSocket-Key"),
    "a short key": lambda request, rng: request.set("Sec-WebSocket-Key", key(rng, 15)),
    "a long key": lambda request, rng: request.set("Sec-WebSocket-Key", key(rng, 18)),
    "a key that is not base64": put("Sec-WebSocket-Key", "!" * 22 + "=="),
    "two keys": lambda request, rng: request.set("Sec-WebSocket-Key", key(rng), key(rng)),
    "POST": method("POST"),
    "HEAD": method("HEAD"),
    "PUT": method("PUT"),
    "OPTIONS": method("OPTIONS"),
    "a method of its own": method("BREW"),
    "a body": lambda request, rng: sized(request, b"b" * rng.randrange(1, 5000)),
    "a body that is empty": lambda request, rng: sized(request, b""),
    "a body in chunks": chunked,
    "a body that is a request": lambda request, rng: sized(request, b"GET /need/inner HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    "HTTP/1.0": older,
    "another origin": put("Origin", "https://evil.test"),
    "the null origin": put("Origin", "null"),
    "no origin": lambda request, rng: request.remove("Origin"),
    "another subprotocol": put("Sec-WebSocket-Protocol", "other"),
    "no subprotocol": lambda request, rng: request.remove("Sec-WebSocket-Protocol"),
    "names in mixed case": recase,
    "values with spaces around": pad_values,
    "many headers": many_headers,
    "a long header": lambda request, rng: request.add("X-Long", "y" * 8000),
    "a cookie and extensions": lambda request, rng: (request.add("Cookie", "a=b"), request.add(
        "Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")),
    "Accept of a browser": lambda request, rng: request.add("Accept", "text/html,*/*;q=0.8"),
    "closes": lambda request, rng: request.set("Connection", "Upgrade, close"),
}


def edit(function):
    """A mutation of the bytes."""
    def mutate(request, rng):
        request.vague = True
        seed = rng.random()
        request.edits.append(lambda data: function(data, type(rng)(seed)))
    return mutate


def part(function):
    """One of the parts, of which the model does not know enough."""
    def mutate(request, rng):
        request.vague = True
        function(request, rng)
    return mutate


def replaced(old, new, count=-1):
    return edit(lambda data, rng: data.replace(old, new, count))


def flip(data, rng):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def cut_out(data, rng):
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 9):]


def double(data, rng):
    at = rng.randrange(len(data))
    return data[:at] + data[at:at + rng.randrange(1, 40)] + data[at:]


def insert(data, rng):
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]


def reorder(data, rng):
    head, end, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    rng.shuffle(lines)
    return b"\r\n".join([first, *lines]) + end + body


def path(change):
    return part(lambda request, rng: setattr(request, "target", change(request.target)))


# Nobody foretells what comes of these.
BYTES = {
    "bits flipped": edit(flip),
    "bytes missing": edit(cut_out),
    "bytes twice": edit(double),
    "bytes of chance": edit(insert),
    "cut short": edit(lambda data, rng: data[:rng.randrange(1, len(data))]),
    "headers in another order": edit(reorder),
    "LF for CRLF": replaced(b"\r\n", b"\n"),
    "CR for CRLF": replaced(b"\r\n", b"\r", 2),
    "a folded header": replaced(b"Upgrade: ", b"Upgrade:\r\n "),
    "a space before the colon": replaced(b"Upgrade:", b"Upgrade :"),
    "NUL in a value": replaced(b"websocket", b"web\0socket"),
    "NUL behind a value": replaced(b"websocket", b"websocket\0"),
    "a control character": replaced(b"websocket", b"websocket\x0b"),
    "letters above 127": replaced(b"websocket", b"websocket\xff"),
    "no space behind the colon": replaced(b": ", b":"),
    "empty lines before it": edit(lambda data, rng: b"\r\n" * rng.randrange(1, 5) + data),
    "a space before the first header": replaced(b"\r\nHost", b"\r\n Host"),
    "no Host": part(lambda request, rng: request.remove("Host")),
    "two Hosts": part(lambda request, rng: request.add("Host", "other.test")),
    "a Host that is none": part(put("Host", "a b")),
    "HTTP/2.0 in writing": part(lambda request, rng: setattr(request, "version", "HTTP/2.0")),
    "HTTP/9.9 in writing": part(lambda request, rng: setattr(request, "version", "HTTP/9.9")),
    "HTTP/0.9": replaced(b" HTTP/1.1\r\n", b"\r\n"),
    "HTTP/1.1 in small letters": replaced(b"HTTP/1.1", b"http/1.1"),
    "HTTP/1.10": part(lambda request, rng: setattr(request, "version", "HTTP/1.10")),
    "a method in small letters": part(lambda request, rng: setattr(request, "method", request.method.lower())),
    "CONNECT": part(method("CONNECT")),
    "TRACE": part(method("TRACE")),
    "an absolute target": path(lambda target: f"http://localhost{target}"),
    "another scheme": path(lambda target: f"ws://localhost{target}"),
    "slashes twice": path(lambda target: target.replace("/", "//")),
    "an escaped path": path(lambda target: target.replace("e", "%65")),
    "an escaped slash": path(lambda target: "/" + target[1:].replace("/", "%2F")),
    "dot segments": path(lambda target: f"/plain/../need/..{target}"),
    "escaped dot segments": path(lambda target: f"/plain/%2e%2e{target}"),
    "a path parameter": path(lambda target: target.replace("/", "/;a=b/", 1)),
    "a query": path(lambda target: f"{target}?/plain/../"),
    "a fragment": path(lambda target: f"{target}#x"),
    "an asterisk": path(lambda target: "*"),
    "a huge header": part(lambda request, rng: request.add("X-Huge", "z" * 20000)),
    "more headers than are taken": part(lambda request, rng: [request.add("A", "b") for _ in range(200)]),
    "a huge target": path(lambda target: f"{target}?{'q' * 9000}"),
    "length and chunks": part(lambda request, rng: (chunked(request, rng), request.add("Content-Length", "5"))),
    "two lengths": part(lambda request, rng: (sized(request, b"12345"), request.add("Content-Length", "9"))),
    "a length below zero": part(put("Content-Length", "-1")),
    "a length of words": part(put("Content-Length", "5, 5")),
    "a length too large": part(lambda request, rng: (sized(request, b"12345"), request.set("Content-Length", "99999"))),
    "another coding": part(lambda request, rng: (chunked(request, rng), request.set("Transfer-Encoding", "gzip, chunked"))),
    "no coding": part(lambda request, rng: (chunked(request, rng), request.set("Transfer-Encoding", "xchunked"))),
    "chunks with extensions": part(lambda request, rng: (
        request.set("Transfer-Encoding", "chunked"), setattr(request, "body", b"3;a=\"\r\n\"\r\nabc\r\n0\r\nX: y\r\n\r\n"))),
    "chunks of no number": part(lambda request, rng: (
        request.set("Transfer-Encoding", "chunked"), setattr(request, "body", b"zz\r\nabc\r\n0\r\n\r\n"))),
    "Expect": part(lambda request, rng: (sized(request, b"12345"), request.add("Expect", "100-continue"))),
    "another Expect": part(put("Expect", "the-unexpected")),
    "Upgrade to h2c too": part(lambda request, rng: (
        request.set("Upgrade", "h2c, websocket"), request.set("Connection", "Upgrade, HTTP2-Settings"),
        request.add("HTTP2-Settings", "AAMAAABkAAQAAP__"))),
    "Upgrade to TLS": part(put("Upgrade", "TLS/1.2, websocket")),
    "Upgrade with a version": part(put("Upgrade", "websocket/13")),
    "Connection names Upgrade's reader": part(put("Connection", "Upgrade, Upgrade, TE, Keep-Alive")),
    "a quoted token": part(put("Upgrade", "\"websocket\"")),
    "a long list": part(lambda request, rng: request.set("Upgrade", ",".join(["x"] * 900 + ["websocket"]))),
}

# What clients send that is no request at all.
RAW = {
    "nothing": lambda rng: b"",
    "one byte": lambda rng: rng.randbytes(1),
    "chance": lambda rng: rng.randbytes(rng.randrange(2, 3000)),
    "NULs": lambda rng: b"\0" * rng.randrange(1, 3000),
    "a ClientHello cut short": lambda rng: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.randbytes(rng.randrange(300)),
    "a ClientHello of chance": lambda rng: b"\x16\x03\x01\x00\x80\x01\x00\x00\x7c\x03\x03" + rng.randbytes(0x7a),
    "an SSLv2 hello": lambda rng: b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + rng.randbytes(37),
    "a TLS alert": lambda rng: b"\x15\x03\x01\x00\x02\x02\x28",
    "half a preface": lambda rng: b"PRI * HTTP/2.0\r\n\r\nS",
    "a preface and chance": lambda rng: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + rng.randbytes(rng.randrange(200)),
    "a PROXY line": lambda rng: b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /need/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "HTTP/0.9": lambda rng: b"GET /need/x\r\n",
    "empty lines": lambda rng: b"\r\n" * rng.randrange(1, 200),
    "frames": lambda rng: b"\x81\x85" + rng.randbytes(9) + b"\x88\x80" + rng.randbytes(4),
    "an answer": lambda rng: b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
}
