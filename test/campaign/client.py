"""The client of a case over HTTP/1, and over a TCP connection that speaks no HTTP at all."""
import asyncio
import contextlib
import re
import ssl

from backend import GONE, reset
from model import HOSTS
from questions import RAW

LIMIT = 150         # seconds; ends what is stuck, and that is a fault
PATIENCE = 1        # with answers that nobody foretells; decides nothing
FLOOD = b"\x82\xfe\xff\xff\0\0\0\0" + bytes(65535)
NO_BODY = {204, 304}


class Response:
    def __init__(self, status, fields, head):
        self.status, self.fields, self.head, self.body = status, fields, head, b""
        self.whole = False

    def of(self, name):
        return self.fields.get(name.lower(), [])


class Next(asyncio.Event):
    """What happens next to the server. drains: whether old children end their tunnels then; following: what comes
    after it."""
    drains, following = False, None


class Facts:
    """What has happened to a case, as its client and the backend have seen it."""

    def __init__(self, case, following):
        self.case, self.next, self.stays = case, following, False
        self.heard = {}             # index of a request: its final response
        self.asked = {}             # index of a request: what arrived at the backend
        self.tunnel = None          # index of the request that has become one
        self.got, self.sent = bytearray(), bytearray()  # in the tunnel
        self.everything = bytearray()
        self.gone = ""              # what the client's connection ended with
        self.goaway = False         # the server has ended the HTTP/2 connection
        self.over = False           # the client has gone
        self.left = asyncio.Event()  # the client will say no more
        self.opened = asyncio.Event()  # it has its 101, or will get none
        self.stuck = ""
        self.disturbed = False      # a child was killed while it went on
        self.restarted = False      # the server was restarted gracefully meanwhile
        self.to_h2c = False


def context(version):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.minimum_version = made.maximum_version = getattr(ssl.TLSVersion, "TLSv" + version.replace(".", "_"))
    return made


CONTEXTS = {(version, http2): context(version) for version in ("1.2", "1.3") for http2 in (False, True)}
for (_, http2), made in CONTEXTS.items():
    if http2:
        made.set_alpn_protocols(["h2"])


async def connect(case, ports):
    tls = CONTEXTS[case.tls, case.http2()] if case.tls else None
    return await asyncio.open_connection("127.0.0.1", ports[case.host], ssl=tls, limit=1 << 20)


class Http1:
    def __init__(self, facts, reader, writer):
        self.facts, self.case, self.reader, self.writer = facts, facts.case, reader, writer

    # What is said

    async def send(self, data):
        """In pieces, of which some most likely go out one by one."""
        size = self.case.piece or len(data) or 1
        single = len(data) // size < 300
        for at in range(0, len(data), size):
            self.writer.write(data[at:at + size])
            await self.writer.drain()
            if single and size < len(data):
                await asyncio.sleep(0)

    def leave(self, how):
        self.facts.left.set()
        self.facts.opened.set()
        if how == "breaks":
            reset(self.writer)
        elif how == "half-closes" and self.writer.can_write_eof():
            self.writer.write_eof()
            return True
        else:
            self.writer.close()
        return False

    async def run(self):
        case = self.case
        if case.early is not None:
            with contextlib.suppress(*GONE):
                await self.send(b"".join(request.bytes() for request in case.requests)[:case.early])
                if self.leave(case.leaving):
                    await self.read_all()
            return
        whole = b"".join(request.bytes() for request in case.requests)
        whole += case.said() if case.eager else b""
        sending = self.sending = asyncio.ensure_future(self.send(whole)) if case.ahead or case.eager else None
        try:
            for index, request in enumerate(case.requests):
                if not sending:  # of a refusal that has come already the server may have closed
                    with contextlib.suppress(*GONE):
                        await self.send(request.bytes())
                response = await self.response(request.method)
                self.facts.heard[index] = response
                if response.status == 101:
                    await self.switched(index, response)
                    break
                if not response.whole or "close" in ",".join(response.of("connection")).lower():
                    break
        finally:
            if sending:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    # What is heard

    async def line(self):
        line = await self.reader.readline()
        self.facts.everything += line
        if not line.endswith(b"\n"):
            raise asyncio.IncompleteReadError(line, None)
        return line.rstrip(b"\r\n")

    async def head(self):
        line = await self.line()
        match = re.match(rb"HTTP/1\.[01] (\d{3})(?: |$)", line)
        if not match:  # HTTP/0.9
            return Response(9, {}, line)
        head, fields = line, {}
        while row := await self.line():
            head += b"\n" + row
            name, _, value = row.decode("latin-1").partition(":")
            fields.setdefault(name.lower(), []).append(value.strip())
        return Response(int(match[1]), fields, head)

    async def response(self, method):
        """The final one."""
        while (response := await self.head()).status in (100, 102, 103):
            pass
        if response.status != 101:
            try:
                await self.body(response, method)
            except (*GONE, ValueError):
                pass
        return response

    async def body(self, response, method):
        if method == "HEAD" or response.status in NO_BODY:
            response.whole = True
        elif "chunked" in response.of("transfer-encoding"):
            while size := int((await self.line()).split(b";")[0], 16):
                response.body += await self.exactly(size)
                await self.line()
            while await self.line():
                pass
            response.whole = True
        elif response.of("content-length"):
            response.body = await self.exactly(int(response.of("content-length")[0]))
            response.whole = True
        else:
            await self.read_all()

    async def exactly(self, size):
        data = await self.reader.readexactly(size)
        self.facts.everything += data
        return data

    async def read_all(self):
        while data := await self.reader.read(65536):
            self.facts.everything += data

    # What is a tunnel

    async def switched(self, index, response):
        if "h2c" in response.of("upgrade"):
            self.facts.to_h2c = True
            return
        self.facts.tunnel = index
        self.facts.opened.set()
        if self.case.ahead:  # what follows is no request any more
            self.facts.sent += b"".join(request.bytes() for request in self.case.requests[index + 1:])
        collecting = asyncio.ensure_future(self.collect())
        try:
            await self.talk()
            await self.end(collecting)
        finally:
            collecting.cancel()
            await asyncio.gather(collecting, return_exceptions=True)

    async def collect(self):
        while data := await self.reader.read(65536):
            self.facts.got += data

    async def talk(self):
        """What nobody takes any more does not matter."""
        if self.sending:
            await asyncio.gather(self.sending, return_exceptions=True)
        if self.case.eager:
            self.facts.sent += self.case.said()
            return
        for piece in self.case.talk:
            self.facts.sent += piece
            with contextlib.suppress(*GONE):
                if self.case.plan == "is deaf":
                    self.writer.write(piece)
                else:
                    await self.send(piece)

    async def end(self, collecting):
        ending = self.case.ending
        if ending == "floods and breaks":
            for _ in range(8):
                self.facts.sent += FLOOD
                self.writer.write(FLOOD)
        if ending == "says Close":
            self.facts.sent += b"\x88\x82\0\0\0\0\x03\xe8"
            self.writer.write(b"\x88\x82\0\0\0\0\x03\xe8")
        if ending == "reads all and goes" and self.case.plan == "echo":
            await self.wait_until(lambda: len(self.facts.got) >= len(self.facts.sent), collecting)
        if ending == "waits":
            await asyncio.gather(collecting, return_exceptions=True)
        if ending == "stays":
            await self.stay(collecting)
        if self.leave({"floods and breaks": "breaks"}.get(ending, ending)):
            await asyncio.gather(collecting, return_exceptions=True)

    async def stay(self, collecting):
        """Until the next thing has happened to the server; what a restart leaves over, old children end in time."""
        self.facts.stays = True
        happens = self.facts.next
        await self.first_of(happens, collecting)
        if happens.drains and self.case.route_of(self.facts.tunnel).carrier == "event":
            await self.first_of(happens.following, collecting)  # it may be a tunnel of the new children
        self.facts.stays = False

    @staticmethod
    async def first_of(event, task):
        waiting = asyncio.ensure_future(event.wait())
        await asyncio.wait((waiting, task), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    @staticmethod
    async def wait_until(true, task):
        while not true() and not task.done():
            await asyncio.sleep(0.002)


class Raw(Http1):
    """Bytes, and then the end."""

    async def run(self):
        data = RAW[self.case.raw](self.case.rng("raw bytes"))
        with contextlib.suppress(*GONE):
            await self.send(data)
            if self.leave(self.case.rng("leaving").choice(("half-closes", "half-closes", "goes", "breaks"))):
                await self.read_all()
