#!/usr/bin/python3
"""Runs the cases of conformance_cases.py, a connection each, against each WebSocket server that is named:
conformance.py NAME=URL... Prints a line for each server and case, in columns with tabs between them: the
server's NAME, the case, its number, the code of the first Close by which a tunnel is logged, what has to
come back, what came back, how the connection ended, and the bytes after the head of the 101, in hexadecimal.
The query of each request is NAME.NUMBER."""
import asyncio
import base64
import hashlib
import re
import ssl
import sys
import urllib.parse

from conformance_cases import CASES, Malformed, told
from stream import Stream

AT_ONCE = 8
limit_seconds = 60  # far beyond anything that is waited for
HURRIED_SECONDS = 5  # when one has waited for so long, so that all is wrong anyway
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = base64.b64encode(b"sixteen bytes...")
ACCEPT = base64.b64encode(hashlib.sha1(KEY + GUID).digest())


class Client(Stream):
    """Collects the head of the answer, and what comes after it."""

    def __init__(self, context, request):
        super().__init__(context)
        self.request = request
        self.got = bytearray()
        self.head = None
        self.answered = asyncio.Event()
        self.over = asyncio.Event()

    def opened(self):
        self.send(self.request)

    def heard(self, data):
        self.got += data
        if self.head is None and b"\r\n\r\n" in self.got:
            self.head, _, self.got = self.got.partition(b"\r\n\r\n")
            self.answered.set()

    def ended(self, how):
        self.answered.set()
        self.over.set()


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def request_of(url, query, case):
    lines = [f"GET {url.path}?{query} HTTP/1.1", "Host: localhost", "Upgrade: websocket",
             "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY.decode()}"]
    if case.offer:
        lines.append(f"Sec-WebSocket-Extensions: {case.offer}")
    return "\r\n".join(lines + ["", ""]).encode()


def fields(head, name):
    return re.findall(rb"^" + name + rb":[ \t]*(.*?)[ \t]*\r?$", head, re.M | re.I)


async def exchange(url, tls, query, case):
    """Sends what the case has to say: the client, which has heard all, and how that ended."""
    global limit_seconds
    loop = asyncio.get_running_loop()
    # Few pieces most likely come one by one; however they come, the answer has to be the same.
    pause = 0.003 if 1 < len(case.pieces) <= 10 else 0
    made = lambda: Client(tls, request_of(url, query, case))
    _, client = await loop.create_connection(made, url.hostname, url.port)
    try:
        await asyncio.wait_for(client.answered.wait(), limit_seconds)
        for piece in case.pieces if client.head else ():
            if client.over.is_set():
                break
            client.send(piece)
            await asyncio.sleep(pause)
        await asyncio.wait_for(client.over.wait(), limit_seconds)
        how = client.how
    except asyncio.TimeoutError:
        how = "nothing"
        limit_seconds = HURRIED_SECONDS
    client.transport.close()
    return client, how


def what_came(client, case):
    head = bytes(client.head or b"")
    if not head.startswith(b"HTTP/1.1 101 ") or fields(head, b"Sec-WebSocket-Accept") != [ACCEPT]:
        return f"no 101: {(head or bytes(client.got))[:200]!r}"
    try:
        agreed = b", ".join(fields(head, b"Sec-WebSocket-Extensions")).decode()
        return told(agreed, bytes(client.got))
    except Malformed as exc:
        return f"no frames: {exc}"


async def run(name, url, out):
    tls = context() if url.scheme == "wss" else None
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(number, case):
        async with turn:
            client, how = await exchange(url, tls, f"{name}.{number}", case)
        came = what_came(client, case)
        want = came if came in case.wants else case.wants[0]
        print(name, case.name, number, case.said, want, came, how, client.got.hex(), sep="\t", file=out)

    await asyncio.gather(*map(one, range(len(CASES)), CASES))


async def main(arguments):
    for argument in arguments:
        name, _, url = argument.partition("=")
        await run(name, urllib.parse.urlsplit(url), sys.stdout)


asyncio.run(main(sys.argv[1:]))
