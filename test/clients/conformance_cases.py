"""What a WebSocket server has to answer to a client's frames (RFC 6455, RFC 7692): CASES, made from tables.

A case says what the client sends, as bytes and in which pieces, and what has to come back: the messages, the
Pongs, the code of the Close, and nothing else. Where the RFCs leave a choice, it has more than one answer."""
import functools
import hashlib
import itertools
import struct
import zlib

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
WORDS = {TEXT: "text", BINARY: "binary", CLOSE: "close", PING: "ping", PONG: "pong"}
KEY = bytes.fromhex("a53cf01e")
SIZES = (0, 1, 125, 126, 127, 128, 65535, 65536, 65537)
TAIL = b"\x00\x00\xff\xff"  # RFC 7692, 7.2.1


class Malformed(Exception):
    """What came from a server are no frames of a server."""


class Case:
    def __init__(self, name, pieces, wants, offer, said):
        self.name, self.pieces, self.wants, self.offer, self.said = name, pieces, wants, offer, said


# How frames are written

def length_of(size, form=None):
    """The length, in the shortest form or in another one."""
    form = form or (7 if size < 126 else 16 if size < 65536 else 64)
    return {7: bytes([size & 127]), 16: b"\x7e" + struct.pack("!H", size & 65535),
            64: b"\x7f" + struct.pack("!Q", size)}[form]


def masked(payload, key):
    size = len(payload)
    stream = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def frame(kind, payload=b"", fin=1, rsv=0, key=KEY, form=None, size=None):
    """As a client sends it; key None: without a mask. size: what the header says, if not the truth."""
    length = bytearray(length_of(len(payload) if size is None else size, form))
    length[0] |= 0x80 if key is not None else 0
    body = payload if key is None else key + masked(payload, key)
    return bytes([fin << 7 | rsv << 4 | kind]) + bytes(length) + body


def close(code=None, reason=b""):
    return frame(CLOSE, (struct.pack("!H", code) if code is not None else b"") + reason)


def fragments(kind, parts, between=b""):
    """A message of these parts, with the same bytes between any two."""
    last = len(parts) - 1
    return between.join(frame(kind if i == 0 else CONT, part, fin=int(i == last))
                        for i, part in enumerate(parts))


def pieces_of(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)] if size else [data]


@functools.lru_cache(maxsize=None)
def pattern(size, start=0):
    """Text that is not the same everywhere."""
    line = b"".join(b"%d|" % number for number in range(start, start + min(size, 20000)))
    return (line * (size // max(len(line), 1) + 1))[:size]


# How an answer is told in words: the same for what is wanted and for what came

def word(kind, payload):
    if kind == CLOSE:
        return f"close {struct.unpack('!H', payload[:2])[0] if payload else '-'}"
    shown = payload.hex() if len(payload) <= 40 else hashlib.sha1(payload).hexdigest()
    return f"{WORDS[kind]} {len(payload)} {shown}"


def sentence(agreed, words):
    return "; ".join([f"with {agreed}"] * bool(agreed) + words)


def split(data):
    """(first byte, payload) of each frame of a server."""
    at = 0
    while at < len(data):
        head = data[at:at + 2]
        extra = {126: 2, 127: 8}.get(head[1], 0) if len(head) == 2 else 0
        size = int.from_bytes(data[at + 2:at + 2 + extra], "big") if extra else head[-1]
        if len(head) < 2 or head[1] & 0x80 or len(data) < at + 2 + extra + size:
            raise Malformed(f"a part of a frame, or one with a mask: {data[at:at + 16].hex()}")
        if length_of(size) != data[at + 1:at + 2 + extra]:
            raise Malformed(f"its length could be shorter: {data[at:at + 16].hex()}")
        at += 2 + extra + size
        yield head[0], data[at - size:at]


def told(agreed, data):
    """In words what a server has sent; agreed is its Sec-WebSocket-Extensions."""
    forgets = "server_no_context_takeover" in agreed
    words = []
    inflate = zlib.decompressobj(-15)
    for first, payload in split(data):
        kind, compressed = first & 15, first == 0xC0 | first & 15
        if kind not in WORDS or first & 0xB0 != 0x80 or compressed and (not agreed or kind & 8):
            raise Malformed(f"what no server may send: {first:02x} {payload[:16].hex()}")
        if compressed:
            inflate = zlib.decompressobj(-15) if forgets else inflate
            payload = inflate.decompress(payload + TAIL)
        words.append(word(kind, payload))
    return sentence(agreed, words)


# How cases are added

CASES = []


def case(name, sent, want, codes, chop=0, offer=None, agreed="", said=None):
    """sent: bytes, sent in pieces of the size chop, or the pieces. want: (kind, payload) of what comes back
    before the Close; codes: one of these, None for a Close without a code. said: the code of the first
    Close that is one, if the client's is not what comes back."""
    pieces = pieces_of(sent, chop) if isinstance(sent, bytes) else sent
    words = [word(*each) for each in want]
    wants = [sentence(agreed, words + [word(CLOSE, struct.pack("!H", code) if code else b"")])
             for code in codes]
    CASES.append(Case(name, pieces, wants, offer, said or codes[0] or 1005))


def good(name, sent, want, **options):
    """The client closes, after all is well: with a code that no client may send, so that the server answers
    another, and the log shows whether the client's frames have been followed up to here."""
    sent = sent + close(2999) if isinstance(sent, bytes) else [*sent, close(2999)]
    case(name, sent, want, [1002], said=2999, **options)


def bad(name, sent, want=(), codes=(1002,), **options):
    """The server closes, and does not hear what follows, even if that is good."""
    after = frame(PING, b"not heard") + frame(TEXT, b"not heard")
    sent = sent + after if isinstance(sent, bytes) else [*sent, after]
    case(name, sent, want, codes, **options)


def echo(name, kind, payload, chop=0, **options):
    good(name, frame(kind, payload, **options), [(kind, payload)], chop=chop)


HELLO = frame(TEXT, b"hello")
HELLO_BACK = (TEXT, b"hello")


# The tables

def framing():
    for kind, size in itertools.product((TEXT, BINARY), SIZES):
        echo(f"5.2 framing: {WORDS[kind]} of {size}", kind, pattern(size))
    for size, chop in itertools.product((0, 125, 126), (1, 7)):
        echo(f"5.2 framing: text of {size} by {chop}", TEXT, pattern(size), chop=chop)
    for size, chop in itertools.product((65535, 65536), (1460, 16385)):
        echo(f"5.2 framing: binary of {size} by {chop}", BINARY, pattern(size), chop=chop)
    for size, header in (3, 6), (300, 8), (65600, 14):
        for at in range(1, header + 2):
            data = frame(BINARY, pattern(size))
            good(f"5.2 framing: binary of {size}, cut at {at}", [data[:at], data[at:]],
                 [(BINARY, pattern(size))])
    for size, form in (5, 16), (5, 64), (300, 64), (0, 64):
        name = f"5.2 framing: a length of {size} in {form} bits"
        case(name, frame(TEXT, pattern(size), form=form) + close(1000), [(TEXT, pattern(size))], [1000])
    for key in "00000000", "ffffffff", "00ff00ff", "80000001":
        echo(f"5.3 masking: the key {key}", BINARY, pattern(131), key=bytes.fromhex(key))
    many = [(TEXT, pattern(size)) for size in range(120, 131)] * 4
    good("5.2 framing: many at once", b"".join(frame(*each) for each in many), many)
    good("5.2 framing: some, by 7", b"".join(frame(*each) for each in many[:11]), many[:11], chop=7)


def unmasked():
    for kind, payload in (TEXT, b"hello"), (BINARY, b""), (PING, b"x"), (PONG, b""), (CLOSE, b"\x03\xe8"):
        bad(f"5.1 unmasked: {WORDS[kind]}", frame(kind, payload, key=None))
        bad(f"5.1 unmasked: {WORDS[kind]}, after a message", HELLO + frame(kind, payload, key=None),
            [HELLO_BACK])


def pings():
    for size in 0, 1, 7, 8, 9, 124, 125:  # httpd's own have 8 bytes
        ping, pong = frame(PING, pattern(size)), (PONG, pattern(size))
        good(f"5.5.2 pings: of {size}", ping, [pong])
        good(f"5.5.2 pings: of {size}, byte by byte", ping, [pong], chop=1)
        good(f"5.5.2 pings: of {size}, before and after a message", ping + HELLO + ping,
             [pong, HELLO_BACK, pong])
    good("5.5.2 pings: of any bytes", frame(PING, b"\x00\xff\xfe\xfd\x80"), [(PONG, b"\x00\xff\xfe\xfd\x80")])
    ten = [b"%d" % number for number in range(10)]
    for chop in 0, 1, 5:
        good(f"5.5.2 pings: ten, by {chop}", b"".join(frame(PING, each) for each in ten),
             [(PONG, each) for each in ten], chop=chop)
    for payload in b"", b"unsolicited":
        pong = frame(PONG, payload)
        good(f"5.5.3 pongs: of {len(payload)}", pong, [])
        good(f"5.5.3 pongs: of {len(payload)}, then a ping", pong + frame(PING, b"x"), [(PONG, b"x")])


def reserved():
    kinds = [(TEXT, b"x"), (PING, b"x"), (PONG, b"x"), (CLOSE, b"\x03\xe8")]
    for (kind, payload), rsv in itertools.product(kinds, range(1, 8)):
        bad(f"5.2 reserved bits: {rsv} in {WORDS[kind]}", HELLO + frame(kind, payload, rsv=rsv), [HELLO_BACK],
            said=1000 if kind == CLOSE else None)
    for rsv in range(1, 8):
        bad(f"5.2 reserved bits: {rsv} in a continuation",
            frame(TEXT, b"a", fin=0) + frame(CONT, b"b", rsv=rsv))


def opcodes():
    for kind in (*range(3, 8), *range(11, 16)):
        bad(f"5.2 opcodes: {kind}", frame(kind))
        bad(f"5.2 opcodes: {kind} after a message, by 4", HELLO + frame(kind, b"payload"), [HELLO_BACK],
            chop=4)


def fragmentation():
    ping, pong = frame(PING, b"between"), (PONG, b"between")
    for kind, count, chop in itertools.product((TEXT, BINARY), (2, 3, 10), (0, 1)):
        parts = [pattern(3, number) for number in range(count)]
        name = f"5.4 fragments: {count} of {WORDS[kind]} by {chop}"
        good(name, fragments(kind, parts), [(kind, b"".join(parts))], chop=chop)
        good(f"{name}, pings between", fragments(kind, parts, ping),
             [pong] * (count - 1) + [(kind, b"".join(parts))], chop=chop)
    for parts in itertools.product((b"", b"x"), repeat=3):  # empty ones first, last and in the middle
        good(f"5.4 fragments: of {' '.join(str(len(part)) for part in parts)}", fragments(TEXT, parts),
             [(TEXT, b"".join(parts))])
    open_message = frame(TEXT, b"a", fin=0)
    good("5.4 fragments: pongs between", fragments(TEXT, [b"a", b"b", b"c"], frame(PONG, b"x")),
         [(TEXT, b"abc")])
    for kind, payload in itertools.product((TEXT, BINARY), (b"", b"new")):
        bad(f"5.4 fragments: {WORDS[kind]} of {len(payload)} in the middle",
            open_message + frame(kind, payload))
    for fin, payload, before in itertools.product((0, 1), (b"", b"x"), ("nothing", "a message", "fragments")):
        sent, want = {"nothing": (b"", []), "a message": (HELLO, [HELLO_BACK]),
                      "fragments": (fragments(TEXT, [b"a", b"b"]), [(TEXT, b"ab")])}[before]
        name = f"5.4 fragments: nothing to go on with: FIN {fin}, of {len(payload)}, after {before}"
        bad(name, sent + frame(CONT, payload, fin=fin), want)
    for kind in PING, PONG, CLOSE:
        payload = b"\x03\xe8" if kind == CLOSE else b"x"
        bad(f"5.5 control frames: {WORDS[kind]} in fragments",
            frame(kind, payload, fin=0) + frame(CONT, b"y"))
        bad(f"5.5 control frames: {WORDS[kind]} in fragments, in the middle",
            open_message + frame(kind, payload, fin=0) + frame(CONT, b"y"))
        for size in 126, 65536:
            long = (b"\x03\xe8" if kind == CLOSE else b"") + b"x" * size
            bad(f"5.5 control frames: {WORDS[kind]} of {size}", HELLO + frame(kind, long[:size]),
                [HELLO_BACK])


# RFC 3629, 4: the first and the last of each row of its grammar, and what is next to it
FIRST_AND_LAST = (0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xCFFF, 0xD000, 0xD7FF, 0xE000, 0xFFFD, 0xFFFE,
                  0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0xFFFFF, 0x100000, 0x10FFFF)
NOT_UTF8 = {
    "a lone continuation": "80 bf 8080 bf80bf",
    "overlong": "c080 c1bf e08080 e09fbf f0808080 f08fbfbf",
    "a surrogate": "eda080 edafbf edb080 edbfbf eda080edb080",
    "beyond U+10FFFF": "f4908080 f5808080 f7bfbfbf f888808080 fc8480808080",
    "no first byte": "fe ff feff",
    "cut short": "c2 df e0a0 efbf f09080 f48fbf",
    "no continuation": "c241 e18041 e14180 f1808041 f1804180 c2c2 e180e1",
}


def utf8():
    for point in FIRST_AND_LAST:
        echo(f"8.1 UTF-8: U+{point:04X}", TEXT, b"<" + chr(point).encode() + b">")
    for what, sequences in NOT_UTF8.items():
        for sequence in sequences.split():
            payload = b"<" + bytes.fromhex(sequence) + (b">" if what != "cut short" else b"")
            bad(f"8.1 UTF-8: {what}: {sequence}", HELLO + frame(TEXT, payload), [HELLO_BACK], codes=[1007])
        echo(f"8.1 UTF-8: no text: {what}", BINARY, bytes.fromhex(sequences))
    for point in 0x7FF, 0xFFFF, 0x10FFFF:
        whole = b"<" + chr(point).encode() + b">"
        for at in range(2, len(whole) - 1):
            parts = [whole[:at], whole[at:]]
            good(f"8.1 UTF-8: U+{point:04X} in two fragments, cut at {at}", fragments(TEXT, parts),
                 [(TEXT, whole)])
            good(f"8.1 UTF-8: U+{point:04X}, cut at {at}, a ping between",
                 fragments(TEXT, parts, frame(PING)), [(PONG, b""), (TEXT, whole)])
            bad(f"8.1 UTF-8: U+{point:04X}, cut at {at}, and another goes on",
                fragments(TEXT, [whole[:at], b"<"]), codes=[1007])
    every = "".join(chr(point) for point in FIRST_AND_LAST).encode()
    good("8.1 UTF-8: a fragment a byte", fragments(TEXT, [bytes([byte]) for byte in every]), [(TEXT, every)])


def closing():
    for code in (1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 3999, 4000, 4999):
        case(f"7.4 codes: {code}", HELLO + close(code), [HELLO_BACK], [code])
    for code in 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535:
        bad(f"7.4 codes: {code}", HELLO + close(code), [HELLO_BACK], said=str(code))
    case("5.5.1 close: empty", close(), [], [None])
    bad("5.5.1 close: of one byte", frame(CLOSE, b"\x03"))
    for code, size in itertools.product((1000, 4999), (1, 122, 123)):
        case(f"5.5.1 close: {code} with a reason of {size}", close(code, b"r" * size), [], [code])
    bad("5.5.1 close: a reason of 124", close(1000, b"r" * 124))
    case("5.5.1 close: a reason in UTF-8", close(1000, "gr\u00fc\u00df".encode()), [], [1000])
    for sequence in "80", "c080", "eda080", "f4908080", "e282":
        bad(f"5.5.1 close: a reason that is not UTF-8: {sequence}", close(1000, bytes.fromhex(sequence)),
            codes=[1007], said=1000)
    case("5.5.1 close: byte by byte", HELLO + close(1001, b"because"), [HELLO_BACK], [1001], chop=1)
    after = {"text": HELLO, "a ping": frame(PING, b"x"), "another": close(1001),
             "what is no frame": b"\xff" * 40, "a large message": frame(BINARY, pattern(200_000)),
             "a part of a frame": HELLO[:3]}
    for what, data in after.items():
        case(f"5.5.1 close: {what} after it", close(1000) + data, [], [1000])
    case("5.5.1 close: in the middle of a message", frame(TEXT, b"a", fin=0) + close(1000), [], [1000, 1002])


def limits():
    for size, chop in (262_144, 0), (1 << 20, 0), (262_144, 4000), (524_288, 65536):
        echo(f"10.4 limits: {size} by {chop}", BINARY, pattern(size), chop=chop)
    for size, part in (262_144, 256), (262_144, 4096), (524_288, 65536), (524_288, 300_000):
        parts = pieces_of(pattern(size), part)
        good(f"10.4 limits: {size} in fragments of {part}", fragments(BINARY, parts),
             [(BINARY, pattern(size))])
    many = [(BINARY, pattern(size)) for size in range(300)]
    good("10.4 limits: 300 messages", b"".join(frame(*each) for each in many), many)
    bad("10.4 limits: a header of more than the server takes", HELLO + frame(BINARY, size=5 << 20),
        [HELLO_BACK], codes=[1009])


class Deflating:
    """The messages of a client that compresses."""

    def __init__(self, bits=15, forgets=False, **settings):
        self.make = lambda: zlib.compressobj(wbits=-bits, **settings)
        self.forgets = forgets
        self.object = self.make()

    def data(self, payload, flush=zlib.Z_SYNC_FLUSH):
        self.object = self.make() if self.forgets else self.object
        data = self.object.compress(payload) + self.object.flush(flush)
        return data[:-4] if data.endswith(TAIL) else data

    def message(self, kind, payload, parts=1, between=b""):
        data = self.data(payload)
        cut = [data[i * len(data) // parts:(i + 1) * len(data) // parts] for i in range(parts)]
        return between.join(frame(kind if i == 0 else CONT, part, fin=int(i == parts - 1), rsv=4 * (i == 0))
                            for i, part in enumerate(cut))


NAME = "permessage-deflate"
# What is offered, what is agreed upon, and how the client then compresses
OFFERS = (
    (NAME, NAME, {}),
    (f"{NAME}; client_max_window_bits", NAME, {}),
    (f"{NAME}; server_no_context_takeover",) * 2 + ({},),
    (f"{NAME}; client_no_context_takeover",) * 2 + ({"forgets": True},),
    (f"{NAME}; server_no_context_takeover; client_no_context_takeover",) * 2 + ({"forgets": True},),
    (f"{NAME}; server_max_window_bits=9",) * 2 + ({},),
    (f"{NAME}; client_max_window_bits=9",) * 2 + ({"bits": 9},),
    ("x-unknown, " + NAME, NAME, {}),
)


def deflate():
    words = pattern(300)
    for number, (offer, agreed, how) in enumerate(OFFERS):
        options = {"offer": offer, "agreed": agreed}
        name = f"RFC 7692, 7.1 offer {number}"
        client = Deflating(**how)
        good(f"{name}: the same twice", b"".join(client.message(TEXT, words) for _ in range(2)),
             [(TEXT, words)] * 2, **options)
        client = Deflating(**how)
        many = [(TEXT if size % 2 else BINARY, pattern(size)) for size in (0, 1, 125, 126, 65535, 65537)]
        good(f"{name}: of all sizes", b"".join(client.message(*each) for each in many), many, **options)
    options = {"offer": NAME, "agreed": NAME}
    for chop in 1, 2, 5:
        good(f"RFC 7692, 7.2 compressed, by {chop}", Deflating().message(TEXT, words), [(TEXT, words)],
             chop=chop, **options)
    for parts in 2, 3, 9:
        good(f"RFC 7692, 7.2 compressed, {parts} fragments", Deflating().message(TEXT, words, parts),
             [(TEXT, words)], **options)
        good(f"RFC 7692, 7.2 compressed, {parts} fragments, pings between",
             Deflating().message(TEXT, words, parts, frame(PING, b"x")),
             [(PONG, b"x")] * (parts - 1) + [(TEXT, words)], **options)
    for level in 0, 1, 9:
        good(f"RFC 7692, 7.2 compressed, level {level}",
             Deflating(level=level).message(BINARY, pattern(70_000)), [(BINARY, pattern(70_000))], **options)
    good("RFC 7692, 7.2 a flush without memory",
         frame(TEXT, Deflating().data(words, zlib.Z_FULL_FLUSH), rsv=4), [(TEXT, words)], **options)
    good("RFC 7692, 7.2 little that becomes much", Deflating().message(BINARY, b"0" * 400_000),
         [(BINARY, b"0" * 400_000)], **options)
    client = Deflating()
    good("RFC 7692, 6.1 some not compressed", client.message(TEXT, words) + frame(TEXT, words)
         + frame(PING, b"x") + client.message(TEXT, words),
         [(TEXT, words), (TEXT, words), (PONG, b"x"), (TEXT, words)], **options)
    for kind, payload in (PING, b"x"), (PONG, b"x"), (CLOSE, b"\x03\xe8"):
        bad(f"RFC 7692, 6.1 {WORDS[kind]} says that it is compressed", frame(kind, payload, rsv=4),
            said=1000 if kind == CLOSE else None, **options)
    compressed = Deflating().data(words)
    bad("RFC 7692, 6.1 a continuation says that it is compressed",
        frame(TEXT, compressed[:9], fin=0, rsv=4) + frame(CONT, compressed[9:], rsv=4), **options)
    for rsv in 1, 2, 3, 5, 6, 7:
        bad(f"RFC 7692, 6 reserved bits: {rsv}", frame(TEXT, compressed, rsv=rsv), **options)
    bad("RFC 7692, 7.2.2 what cannot be decompressed", frame(TEXT, b"\xff" * 30, rsv=4), codes=[1002, 1007],
        **options)
    bad("RFC 7692, 7.2.2 compressed, and not UTF-8", frame(TEXT, Deflating().data(b"<\xed\xa0\x80>"), rsv=4),
        codes=[1007], **options)
    bad("RFC 7692, 7 compressed, but not agreed upon", frame(TEXT, compressed, rsv=4))
    bad("RFC 7692, 7 compressed, but nothing known agreed upon", frame(TEXT, compressed, rsv=4),
        offer="x-unknown")


for table in framing, unmasked, pings, reserved, opcodes, fragmentation, utf8, closing, limits, deflate:
    before = len(CASES)
    table()
    assert len(CASES) > before, table.__name__
assert len({each.name for each in CASES}) == len(CASES)
