"""The backend: answers as the case says that asks, and looks at everything that arrives."""
import asyncio
import contextlib
import socket
import ssl
import struct

from answers import ANSWERS, GREETING
from cases import TARGET, breaks_late, check_of
from model import ROUTES, arrival_fault

GONE = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, RuntimeError)
FLOOD = b"\x82\x7e\xff\xff" + bytes(65535)


class Arrival:
    """A request that the backend got: its head, what was wrong with it, and what became of it."""

    def __init__(self, route, line, fields):
        self.route, self.line, self.fields = route, line, fields
        self.answer = None      # name of what was answered
        self.switched = False   # whether that was a switch, to a handshake
        self.sent, self.got = bytearray(), bytearray()  # in the tunnel


def head_of(data):
    """(request line, {name: [values]})"""
    line, *rows = data.decode("latin-1").split("\r\n")[:-2]
    fields = {}
    for row in rows:
        name, _, value = row.partition(":")
        fields.setdefault(name.lower(), []).append(value.strip(" \t"))
    return line, fields


def reset(writer):
    wire = writer.get_extra_info("socket")
    if wire and wire.fileno() >= 0:
        with contextlib.suppress(OSError):
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Backend:
    """known: {number of a case: its facts}. wrong: what must not have arrived."""

    def __init__(self, seed):
        self.seed, self.known, self.wrong = seed, {}, []
        self.writers, self.strangers, self.served = set(), 0, 0

    async def listen(self, folder):
        """{how it is reached: a port}"""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.servers, ports = [], {}
        for name, tls in (("http", None), ("kept", None), ("https", context)):
            server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=1 << 20, backlog=1024, ssl=tls)
            self.servers.append(server)
            ports[name] = server.sockets[0].getsockname()[1]
        return ports

    async def serve(self, reader, writer):
        self.writers.add(writer)
        try:
            while await self.one(reader, writer):
                pass
        except GONE:
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    def close(self):
        """All connections that wait for a request; the others end with their clients."""
        for writer in self.writers:
            writer.close()

    def of_whom(self, line):
        """(facts, index) of a case that is under way, or nothing."""
        match = TARGET.search(line)
        if not match:
            return None, 0
        number, index = int(match[2]), int(match[3])
        facts = self.known.get(number)
        if match[4] != check_of(self.seed, number, index) or not facts:
            return None, 0
        return facts, index

    def judge(self, arrival, facts, index):
        """No request that the policy refuses gets here."""
        route = ROUTES.get(arrival.route)
        fault = arrival_fault(route, arrival.fields, arrival.line) if route else ""
        case = facts and facts.case
        if case and not case.vague() and index < len(case.requests):
            refused = case.refusal(index)
            fault = f"is refused: {refused}" if refused else fault
            key = case.requests[index].value("Sec-WebSocket-Key")
            if "upgrade" in arrival.fields and not case.http2() and arrival.fields.get("sec-websocket-key") != [key]:
                fault = fault or "has another key"
        if "inner" in arrival.line and not (case and case.vague()):
            fault = "stands in a body, or in a tunnel"
        if fault:
            self.wrong.append((case and case.number, f"reached the backend, but {fault}: {arrival.line} {arrival.fields}"))

    async def one(self, reader, writer):
        """A request and its answer: whether there may be another one."""
        head = await reader.readuntil(b"\r\n\r\n")
        line, fields = head_of(head)
        self.served += 1
        arrival = Arrival(line.partition("/")[2].partition("/")[0], line, fields)
        facts, index = self.of_whom(line)
        self.judge(arrival, facts, index)
        if not facts:
            self.strangers += 1
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return True
        facts.asked.setdefault(index, []).append(arrival)
        await self.skip_body(reader, fields)
        case = facts.case
        return await self.answer(reader, writer, arrival, facts, case.answers[index] if index < len(case.answers) else "answer: 404")

    @staticmethod
    async def skip_body(reader, fields):
        if "chunked" in ",".join(fields.get("transfer-encoding", [])):
            while size := int((await reader.readline()).split(b";")[0], 16):
                await reader.readexactly(size + 2)
            while (await reader.readline()).strip():
                pass
        elif length := fields.get("content-length"):
            await reader.readexactly(int(length[0]))

    async def answer(self, reader, writer, arrival, facts, name):
        answer = ANSWERS[name]
        arrival.answer = name
        data = answer.make(arrival.fields.get("sec-websocket-key", [""])[0])
        arrival.switched = answer.switches != "no" and "upgrade" in arrival.fields
        if answer.switches != "no":
            arrival.sent += data.partition(b"Upgrade: websocket")[2].partition(b"\r\n\r\n")[2]
        if arrival.line.startswith("HEAD ") and answer.then == "keep" and answer.switches == "no":
            data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        size = len(data) if answer.pieces == 1 else 1 if not answer.pieces else len(data) // answer.pieces or 1
        for at in range(0, len(data), size or 1):
            writer.write(data[at:at + size])
            await writer.drain()
            if answer.pieces != 1:
                await asyncio.sleep(0)
        if arrival.switched:
            await self.tunnel(reader, writer, arrival, facts)
            return False
        if answer.switches != "no" or answer.then == "hang":
            await self.hang(reader, facts)
        if answer.then == "reset":
            reset(writer)
        return answer.then == "keep" and answer.switches == "no"

    @staticmethod
    async def hang(reader, facts):
        """Until the other side ends it; a while after the client has gone, for httpd need not notice that."""
        reading = asyncio.ensure_future(reader.read())
        leaving = asyncio.ensure_future(facts.left.wait())
        await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((reading,), timeout=1)
        for task in (reading, leaving):
            task.cancel()
        await asyncio.gather(reading, leaving, return_exceptions=True)

    async def tunnel(self, reader, writer, arrival, facts):
        case, plan = facts.case, facts.case.plan
        say = lambda data: (arrival.sent.extend(data), writer.write(data))
        if plan == "is deaf":
            await facts.left.wait()
        if plan == "greets":
            say(GREETING)
        for piece in case.says if plan != "echo" else ():
            say(piece)
        if plan == "floods":
            for _ in range(6):
                say(FLOOD)
        if plan == "says Close":
            say(b"\x88\x05\x03\xe8bye")
        if plan == "breaks":
            if breaks_late(case):
                await facts.opened.wait()
            return reset(writer)
        if plan == "half-closes" and writer.can_write_eof():
            writer.write_eof()
        elif plan == "half-closes":
            return None
        if plan in ("goes", "floods", "says Close"):
            await writer.drain()
            return None
        while data := await reader.read(65536):
            arrival.got += data
            if plan == "echo":
                say(data)
                await writer.drain()
        return None
