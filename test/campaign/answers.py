"""What backends answer, and what they do with a tunnel.

ANSWERS: name: Answer. Each makes its bytes from the request's key; `switches` is whether they are a switch that httpd
has to pass on: "yes", "no", or "either" where it may. `status` is what a client has to get to a handshake, `plain` to any
other request; None where httpd decides. `then` is what becomes of the connection: keep, close, reset, hang."""
import base64
import collections
import hashlib

from model import SUBPROTOCOL

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
HIDDEN = "behind-what-is-no-switch"  # no client may ever see it
PAGE = "0123456789" * 700
GREETING = b"\x81\x05hello\x89\x02pi"

Answer = collections.namedtuple("Answer", "make switches status plain then pieces",
                                defaults=("no", None, None, "keep", 1))


def accept_of(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode("latin-1")).digest()).decode()


def accept_line(key):
    return f"Sec-WebSocket-Accept: {accept_of(key)}\r\n"


def switch(text, **options):
    """A right one, or a nearly right one: text has {accept} where the right line stands."""
    return Answer(lambda key: text.replace("{accept}", accept_line(key)).encode("latin-1"), **options)


def wrong(text):
    """No switch: what stands behind it must not be carried as a tunnel."""
    return switch(text + f"{HIDDEN}\r\n\r\n{HIDDEN}", switches="no", status=502, plain=502 if "HTTP" in text else None,
                  then="close")


def final(line, *lines, body=PAGE, **options):
    code = int(line.split()[0])
    head = "".join(f"{more}\r\n" for more in lines)
    text = f"HTTP/1.1 {line}\r\n{head}Content-Length: {len(body)}\r\n\r\n{body}"
    return switch(text, **{"status": code, "plain": options.get("status", code), **options})


def said(text, **options):
    return switch(text, **{"then": "close", "plain": options.get("status"), **options})


GOOD = SWITCH + "{accept}"
RIGHT = {"switches": "yes", "status": 101, "plain": 502}
CHUNKS = "".join(f"{len(PAGE[i:i + 999]):x}\r\n{PAGE[i:i + 999]}\r\n" for i in range(0, len(PAGE), 999)) + "0\r\n\r\n"

SWITCHING = {
    "right": switch(GOOD + "\r\n", **RIGHT),
    "byte by byte": switch(GOOD + "\r\n", pieces=0, **RIGHT),
    "in three pieces": switch(GOOD + "\r\n", pieces=3, **RIGHT),
    "with frames behind": switch(GOOD + "\r\n" + GREETING.decode("latin-1"), **RIGHT),
    "in other letters": switch("HTTP/1.1 101 OK\r\nupgrade: WebSocket\r\nconnection: keep-alive, UPGRADE\r\n{accept}\r\n", **RIGHT),
    "after a 103": switch("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + GOOD + "\r\n", **RIGHT),
    "after three 103": switch("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + GOOD + "\r\n", pieces=5, **RIGHT),
    "after a 100": switch("HTTP/1.1 100 Continue\r\n\r\n" + GOOD + "\r\n", switches="either"),
    "with a subprotocol": switch(GOOD + f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n", **RIGHT),
    "with forty headers": switch(GOOD + "".join(f"X-{i}: y\r\n" for i in range(40)) + "\r\n", **RIGHT),
    "with a length of 0": switch(GOOD + "Content-Length: 0\r\n\r\n", **RIGHT),
    "with a cookie": switch(GOOD + "Set-Cookie: a=b\r\nKeep-Alive: timeout=5\r\n\r\n", **RIGHT),
    "with 300 headers": switch(GOOD + "".join(f"X-{i}: y\r\n" for i in range(300)) + "\r\n", switches="either"),
    "without a phrase": switch(GOOD.replace(" Switching Protocols", " ") + "\r\n", switches="either"),
}
WRONG = {
    "bare": wrong("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    "no accept": wrong(SWITCH + "\r\n"),
    "another accept": wrong(SWITCH + accept_line("x") + "\r\n"),
    "two accepts": wrong(GOOD + "{accept}\r\n"),
    "accept in small letters": wrong(SWITCH + "Sec-WebSocket-Accept: aaaaaaaaaaaaaaaaaaaaaaaaaaa=\r\n\r\n"),
    "two Upgrades": wrong(GOOD + "Upgrade: websocket\r\n\r\n"),
    "a list": wrong(GOOD.replace("websocket\r", "websocket, h2c\r") + "\r\n"),
    "to h2c": wrong(GOOD.replace("websocket\r", "h2c\r") + "\r\n"),
    "no Upgrade": wrong(GOOD.replace("Upgrade: websocket\r\n", "") + "\r\n"),
    "no Connection": wrong(GOOD.replace("Connection: Upgrade\r\n", "") + "\r\n"),
    "HTTP/1.0": wrong(GOOD.replace("HTTP/1.1", "HTTP/1.0") + "\r\n"),
    "folded": wrong(GOOD + "X: a\r\n b\r\n\r\n"),
    "NUL": wrong(GOOD + "X: a\0b\r\n\r\n"),
    "a control character": wrong(GOOD + "X: a\x01b\r\n\r\n"),
    "a space before the colon": wrong(GOOD + "X : a\r\n\r\n"),
    "a line without a colon": wrong(GOOD + "X\r\n\r\n"),
    "an empty name": wrong(GOOD + ": x\r\n\r\n"),
    "LF for CRLF": wrong((GOOD + "\r\n").replace("\r\n", "\n")),
    "with chunks": wrong(GOOD + "Transfer-Encoding: chunked\r\n\r\n"),
    "with a length": wrong(GOOD + "Content-Length: 5\r\n\r\n"),
    "Connection names the accept": wrong(GOOD.replace("Connection: Upgrade", "Connection: Upgrade, Sec-WebSocket-Accept") + "\r\n"),
    "two subprotocols": wrong(GOOD + "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n\r\n"),
    "a head of 20 KB": wrong(GOOD.replace("{accept}", "X-Pad: " + "x" * 1000 + "\r\n", 1) + ("X-Pad: " + "x" * 1000 + "\r\n") * 19
                             + "{accept}\r\n"),
    "a wrong 103 before": wrong("HTTP/1.1 103 Early Hints\r\nX: a\r\n b\r\n\r\n" + GOOD + "\r\n"),
    "SSH": wrong("SSH-2.0-OpenSSH\r\n\r\n"),
}
FINAL = {
    "200": final("200 OK"),
    "200 to the end": said(f"HTTP/1.1 200 OK\r\n\r\n{PAGE}", status=200),
    "200 in chunks": said(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNKS}", status=200, then="keep"),
    "200 byte by byte": final("200 OK", body="x" * 50, pieces=0),
    "200 with a switch in it": final("200 OK", "Upgrade: websocket", "Connection: Upgrade", body="<pre>" + SWITCH + "\r\n"),  # HTTP/0.9 shows it alone
    "200 of 300 KB": final("200 OK", body="x" * 300_000),
    "204": said("HTTP/1.1 204 No Content\r\n\r\n", status=204, then="keep"),
    "304": said("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", status=304, then="keep"),
    "302": final("302 Found", "Location: http://backend.test/there"),
    "401": final("401 Unauthorized", "WWW-Authenticate: Basic realm=x"),
    "404": final("404 Not Found"),
    "426": final("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade"),
    "426 with an odd Upgrade": final("426 Upgrade Required", "Upgrade: web socket", "Connection: Upgrade"),
    "503": final("503 Service Unavailable", "Retry-After: 7"),
    "200 after ten 103": said("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 10 + f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
                              status=None),
    "two answers": said("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + GOOD + f"\r\n{HIDDEN}", status=None),
    "a page cut short": said(f"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{PAGE}", status=None),
    "a page cut by a reset": said(f"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n{PAGE}", status=None, then="reset"),
    "chunks cut short": said(f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNKS[:500]}", status=None),
    "chunks of no number": said("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", status=None),
    "length and chunks": said("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", status=None),
    "two lengths": said("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", status=None),
    "a length below zero": said("HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabcd", status=None),
    "headers with NULs": said("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok", status=None),
    "folded headers": said("HTTP/1.1 200 OK\r\nX: a\r\n\tb\r\nContent-Length: 2\r\n\r\nok", status=None),
    "headers of 30 KB": said("HTTP/1.1 200 OK\r\nX: " + "h" * 30_000 + "\r\nContent-Length: 2\r\n\r\nok", status=None),
    "a thousand headers": said("HTTP/1.1 200 OK\r\n" + "A: b\r\n" * 1000 + "Content-Length: 2\r\n\r\nok", status=None),
    "a status of 999": final("999 Odd", status=None),
    "a status of 007": final("007 Odd", status=None),
    "102 and then nothing": said("HTTP/1.1 102 Processing\r\n\r\n", status=None),
    "HTTP/1.0": said("HTTP/1.0 200 OK\r\n\r\nok", status=200),
    "HTTP/0.9": said("<html>ok</html>", status=None),
    "an empty line": said("\r\n\r\n", status=None),
    "NULs": said("\0" * 500, status=None),
}
ENDING = {
    "closes": said("", status=None),
    "resets": said("", status=None, then="reset"),
    "half a head": said(SWITCH, status=None),
    "half a head, and a reset": said(SWITCH, status=None, then="reset"),
    "a status line without an end": said("HTTP/1.1 101 Swi", status=None),
    "hangs": said("", status=None, then="hang"),
    "hangs in the head": said(SWITCH, status=None, then="hang"),
    "hangs in a 103": said("HTTP/1.1 103 Early Hints\r\n", status=None, then="hang"),
    "hangs in the body": said("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", status=None, then="hang"),
}
ANSWERS = {f"{group}: {name}": answer for group, table in (
    ("switch", SWITCHING), ("no switch", WRONG), ("answer", FINAL), ("end", ENDING)) for name, answer in table.items()}
HANGING = {name for name, answer in ANSWERS.items() if answer.then == "hang"}

# What a backend does with a tunnel. Whatever it is, it ends when its client has.
PLANS = ("echo", "greets", "says Close", "goes", "breaks", "half-closes", "floods", "is deaf")
ENDS_ITSELF = {"says Close", "goes", "breaks", "half-closes", "floods"}
