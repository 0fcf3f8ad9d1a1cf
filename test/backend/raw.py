#!/usr/bin/python3
"""A backend that misbehaves on demand: the last segment of the request's path names the answer.

raw.py CERTIFICATE KEY SOCKET listens on a free port of 127.0.0.1, on another one with TLS, and on a
unix socket; prints both ports as its first line and ends when its standard input does. GET /log?MARK answers with a JSON list: for each connection
that had a request with the mark its number, its requests (the heads), what was wrong with them and the bytes that came behind a switch;
requests for the log are not in it. A request with X-Show-Head is not in it either: it is answered with its own head, whatever its path; for
"switch" behind a 101.

What is wrong: the backend itself looks at each request that has an Upgrade, whether it is a valid opening handshake and arrived as it was
sent. The client's X-Sent tells that: a JSON object of names and values. Below a folder named "strict" an Origin has to be https://good.test
and the subprotocol chat has to be offered."""
import asyncio
import base64
import functools
import hashlib
import json
import os
import re
import ssl
import sys

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
PAGE = "0123456789" * 1000

# A word with a number in it, which tests make up for a request: word, process, underscore, number, x
MARK = re.compile(r"[a-z]+\d+_\d+x")

connected = 0
marked = {}  # the records of the connections that had a request with the mark


def accept_line(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return "Sec-WebSocket-Accept: " + base64.b64encode(digest).decode() + "\r\n"


@functools.cache
def final(status, *lines, body=PAGE):
    fields = "".join(line + "\r\n" for line in lines)
    return f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n{body}"


@functools.cache
def chunked(status):
    chunks = "".join(f"{len(PAGE[i:i + 999]):x}\r\n{PAGE[i:i + 999]}\r\n" for i in range(0, len(PAGE), 999))
    return f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"


def answers(key):
    """name: (bytes, what happens next: tunnel, close or keep)"""
    accept = accept_line(key)
    return {
        "good": (SWITCH + accept + "\r\n", "tunnel"),
        "greets": (SWITCH + accept + "\r\n\x81\x05hello", "tunnel"),
        "case": ("HTTP/1.1 101 OK\r\nupgrade: WebSocket\r\nconnection: keep-alive, UPGRADE\r\n" + accept.lower()[:22]
                 + accept[22:] + "\r\n", "tunnel"),
        "interim": ("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + SWITCH + accept + "\r\n", "tunnel"),
        "bare": ("HTTP/1.1 101 Switching Protocols\r\n\r\n", "tunnel"),
        "no-accept": (SWITCH + "\r\n", "tunnel"),
        "wrong-accept": (SWITCH + accept_line("x") + "\r\n", "tunnel"),
        "two-accepts": (SWITCH + accept + accept + "\r\n", "tunnel"),
        "two-upgrades": (SWITCH + "Upgrade: websocket\r\n" + accept + "\r\n", "tunnel"),
        "list": (SWITCH.replace("websocket", "websocket, h2c") + accept + "\r\n", "tunnel"),
        "h2c": (SWITCH.replace("websocket", "h2c") + accept + "\r\n", "tunnel"),
        "no-connection": (SWITCH.replace("Connection: Upgrade\r\n", "") + accept + "\r\n", "tunnel"),
        "http10": (SWITCH.replace("HTTP/1.1", "HTTP/1.0") + accept + "\r\n", "tunnel"),
        "folded": (SWITCH + "X: a\r\n b\r\n" + accept + "\r\n", "tunnel"),
        "chunked-101": (SWITCH + "Transfer-Encoding: chunked\r\n" + accept + "\r\n", "tunnel"),
        "oversized": (SWITCH + ("X-Pad: " + "x" * 1000 + "\r\n") * 20 + accept + "\r\n", "tunnel"),
        "not-http": ("SSH-2.0-OpenSSH\r\n\r\n", "tunnel"),
        "garbage": ("\x00\x01\x02" * 99, "close"),
        "closes": ("", "close"),
        "half": (SWITCH, "close"),
        "200": (final("200 OK"), "keep"),
        "200-close": (f"HTTP/1.1 200 OK\r\n\r\n{PAGE}", "close"),
        "200-chunked": (chunked("200 OK"), "keep"),
        "302": (final("302 Found", "Location: http://backend.test/there"), "keep"),
        "401": (final("401 Unauthorized", "WWW-Authenticate: Basic realm=x", "Set-Cookie: a=b; path=/"), "keep"),
        "long-401": (final("401 Unauthorized", *["Set-Cookie: a=" + "x" * 3000] * 7), "keep"),
        "426": (final("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade"), "keep"),
        "426-none": (final("426 Upgrade Required"), "keep"),
        "426-list": (final("426 Upgrade Required", "Upgrade: TLS/1.3, websocket", "Connection: Upgrade", "upgrade: IRC/6.9"), "keep"),
        "426-odd": (final("426 Upgrade Required", "Upgrade: web socket", "Connection: Upgrade"), "keep"),
        "426-hints": ("HTTP/1.1 103 Early Hints\r\nUpgrade: x\r\n\r\n"
                      + final("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade"), "keep"),
        "426-chunked": (chunked("426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade"), "keep"),
        "deprecated": (final("200 OK", "Deprecation: @1", "Sunset: Fri, 01 Jan 2100 00:00:00 GMT",
                             'Link: </other>; rel="deprecation"'), "keep"),
        "linked": (final("200 OK", 'Link: </guide>; rel="deprecation"'), "keep"),
        "503": (final("503 Service Unavailable", "Retry-After: 7"), "keep"),
    }


def fields_of(head):
    """name, in small letters: the values of its lines"""
    fields = {}
    for line in head.split("\r\n")[1:-2]:
        name, _, value = line.partition(":")
        fields.setdefault(name.lower(), []).append(value.strip())
    return fields


def is_key(value):
    try:
        return len(base64.b64decode(value, validate=True)) == 16
    except ValueError:
        return False


def wrong_with(head):
    """What an opening handshake must not be (RFC 6455, 4.2.1): a list of words."""
    fields = fields_of(head)
    if "upgrade" not in fields:
        return []
    method, path, version = head.split("\r\n")[0].split(" ")
    once = {name: values[0] for name, values in fields.items() if len(values) == 1}
    strict = "/strict/" in path
    good = {
        "method": method == "GET",
        "version": version == "HTTP/1.1",
        "upgrade": once.get("upgrade") == "websocket",
        "connection": once.get("connection", "").lower() == "upgrade",
        "body": fields.get("content-length", ["0"]) == ["0"] and "transfer-encoding" not in fields,
        "websocket-version": once.get("sec-websocket-version") == "13",
        "key": is_key(once.get("sec-websocket-key", "")),
        "host": "host" in once,
        "origin": not strict or fields.get("origin", ["https://good.test"]) == ["https://good.test"],
        "subprotocol": not strict or "chat" in re.split(r"[ ,]+", once.get("sec-websocket-protocol", "")),
    }
    for name, value in json.loads(once.get("x-sent", "{}")).items():
        good["sent " + name] = once.get(name) == value
    return [f"{rule}: {head}" for rule, kept in good.items() if not kept]


async def write(writer, text, slowly):
    data = text.encode("latin-1")
    for start in range(0, len(data), 1 if slowly else len(data) or 1):
        writer.write(data[start:start + (1 if slowly else len(data))])
        await writer.drain()
        if slowly:
            await asyncio.sleep(0)


async def serve(reader, writer):
    global connected
    record = {"number": connected, "requests": [], "wrong": [], "tunnel": ""}
    connected += 1
    try:
        while await answer(reader, writer, record):
            pass
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    writer.close()


async def show(writer, head, fields):
    switches = fields["x-show-head"] == "switch" and "upgrade" in fields
    switch = SWITCH + accept_line(fields.get("sec-websocket-key", "")) + "\r\n"
    await write(writer, switch + head if switches else final.__wrapped__("200 OK", body=head), False)
    return not switches


async def answer(reader, writer, record):
    """One exchange; whether the connection goes on."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = {name: values[-1] for name, values in fields_of(head).items()}
    if "x-show-head" in fields:
        await reader.readexactly(int(fields.get("content-length", 0)))
        return await show(writer, head, fields)
    path, _, query = head.split(" ", 2)[1].partition("?")
    if path == "/log":
        await write(writer, final.__wrapped__("200 OK", body=json.dumps(marked.get(query, []))), False)
        return True
    record["requests"].append(head)
    for mark in set(MARK.findall(head)):
        records = marked.setdefault(mark, [])
        if not any(other is record for other in records):
            records.append(record)
    record["wrong"] += wrong_with(head)
    if "expect" in fields:
        await write(writer, "HTTP/1.1 100 Continue\r\n\r\n", False)
    await reader.readexactly(int(fields.get("content-length", 0)))
    name = path.rsplit("/", 1)[1].partition(".")[0]
    if name == "real":
        name = "greets" if fields.get("upgrade", "").lower() == "websocket" else "200"
    slowly = name.startswith("slow-")
    text, then = answers(fields.get("sec-websocket-key", "")).get(name[5 * slowly:], (final("200 OK"), "keep"))
    await write(writer, text, slowly)
    if then == "tunnel":
        while data := await reader.read(65536):
            record["tunnel"] += data.decode("latin-1")
            writer.write(data)
    return then == "keep"


async def main():
    certificate, key, path = sys.argv[1:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    plain = await asyncio.start_server(serve, "127.0.0.1", 0)
    secure = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    await asyncio.start_unix_server(serve, path)
    os.chmod(path, 0o777)  # httpd's children are another user
    print(*(server.sockets[0].getsockname()[1] for server in (plain, secure)), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
