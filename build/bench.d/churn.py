"""Tunnels with both ends in one process, which opens, uses and ends them in all ways: churn SEED SLOTS SECONDS

SECONDS is for how long the server lets a tunnel be silent. The process prints the port of its backend, then answers lines of its standard input, and ends with it:

  go CLEAR TLS OWN HANG
               begins, or goes on, to open tunnels at these ports of the server, below OWN, which leads to this
               process, and at HANG, which leads to a backend that sends back what it gets
  hold         when nothing is being opened or ended: the numbers of those that are open
  rest         ends all of them, and waits until it is done
  look         once it has seen all that has happened up to now
  fates FILE   what became of each, a line each: NUMBER FATE WAY OUTCOMES, and from when to when, by the monotonic clock

Of each tunnel it is told whether each byte arrived. FATE is

  done   ended in its way: the log has one of OUTCOMES, joined by commas
  told   the server has said Close 1001
  ended  the server has ended it without a word
  wrong  other bytes arrived than were sent
  stuck  something that has to happen did not
  cut    the connection ended before the handshake was answered
  left   the client has gone while it waited for that
  NNN    the handshake was answered so
"""
import asyncio
import os
import random
import signal
import socket
import ssl
import struct
import sys
import time
import traceback

LIMIT = 60  # seconds; ends what is stuck
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
REQUEST = ("GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Number: %d\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
GONE = (ConnectionError, ssl.SSLError)


def frame(payload, mask=0, opcode=0x82):
    size = len(payload)
    head = (bytes([opcode, mask | size]) if size < 126 else struct.pack("!BBH", opcode, mask | 126, size)
            if size < 65536 else struct.pack("!BBQ", opcode, mask | 127, size))
    return head + (bytes(4) if mask else b"") + payload


def masked(payload, opcode=0x82):
    return frame(payload, 0x80, opcode)


def close_frame(code):
    return struct.pack("!H", code)


class Fate(Exception):
    """How a tunnel ended before it could end in its own way."""


class End:
    """One end of a tunnel."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.is_client = False
        writer.transport.set_write_buffer_limits(1 << 20)

    def send(self, data):
        self.writer.write(data)

    async def read(self, size):
        """What comes, up to that size, or up to the end."""
        try:
            return await asyncio.wait_for(self.reader.readexactly(size), LIMIT)
        except asyncio.IncompleteReadError as short:
            return short.partial
        except asyncio.TimeoutError:
            raise Fate("stuck") from None
        except GONE:
            return b""

    def is_farewell(self, data):
        """Whether it is the server's Close 1001, or the beginning of it."""
        if self.is_client:
            return b"\x88\x02\x03\xe9".startswith(data[:4])
        if len(data) < 8:
            return data[:2] == b"\x88\x82"[:len(data)]
        return data[:2] == b"\x88\x82" and bytes(a ^ b for a, b in zip(data[2:4], data[6:8])) == b"\x03\xe9"

    def is_over(self):
        """Whether the server has ended it, though nobody has read that yet."""
        return self.reader.at_eof() or bool(self.reader._buffer) and self.is_farewell(bytes(self.reader._buffer[:8]))

    async def expect(self, data):
        """Nothing but this arrives, unless the server ends the tunnel: then part of it, or its Close."""
        got = await self.read(len(data))
        if got == data:
            return
        if got and self.is_farewell(got):
            raise Fate("told")
        if not data.startswith(got):
            raise Fate("wrong")
        raise Fate("ended")

    async def expect_end(self):
        """Nothing more arrives."""
        got = await self.read(8)
        if got:
            raise Fate("told" if self.is_farewell(got) else "wrong")

    def half_close(self):
        self.writer.write_eof()

    def close(self):
        self.writer.close()

    def reset(self):
        wire = self.writer.get_extra_info("socket")
        if wire and wire.fileno() >= 0:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Ways:
    """The ends that a tunnel can have. Each way: what happens, and what the log may call it."""

    @staticmethod
    async def client_goes(client, backend):
        client.close()
        await backend.expect_end()
        return "client"

    @staticmethod
    async def backend_goes(client, backend):
        backend.close()
        await client.expect_end()
        return "backend"

    @staticmethod
    async def client_breaks(client, backend):
        client.reset()
        await backend.expect_end()
        return "client"

    @staticmethod
    async def backend_breaks(client, backend):
        backend.reset()
        await client.expect_end()
        return "backend"

    @staticmethod
    async def client_breaks_while_data_comes(client, backend):
        backend.send(frame(bytes(5000)))
        client.reset()
        backend.close()
        return "client,backend"

    @staticmethod
    async def backend_breaks_while_data_comes(client, backend):
        client.send(masked(bytes(5000)))
        backend.reset()
        client.close()
        return "client,backend"

    @staticmethod
    async def both_go(client, backend):
        client.close()
        backend.close()
        return "client,backend"

    @staticmethod
    async def client_says_close(client, backend):
        farewell = masked(close_frame(1000), 0x88)
        client.send(farewell)
        await backend.expect(farewell)
        backend.close()
        await client.expect_end()
        return "closed"

    @staticmethod
    async def backend_says_close(client, backend):
        farewell = frame(close_frame(4001), 0, 0x88)
        backend.send(farewell)
        await client.expect(farewell)
        client.close()
        await backend.expect_end()
        return "closed"

    @staticmethod
    async def client_half_closes(client, backend):
        client.half_close()
        await backend.expect_end()
        backend.send(frame(b"x"))
        await client.expect(frame(b"x"))
        backend.close()
        return "client"

    @staticmethod
    async def backend_half_closes(client, backend):
        backend.half_close()
        await client.expect_end()
        client.send(masked(b"x"))
        await backend.expect(masked(b"x"))
        client.close()
        return "backend"

    @staticmethod
    async def client_half_closes_and_nothing_more(client, backend):
        client.half_close()
        await backend.expect_end()
        await client.expect_end()
        return "client,timeout"

    @staticmethod
    async def silence(client, backend):
        await client.expect_end()
        await backend.expect_end()
        return "timeout"


WAYS = {name: getattr(Ways, name) for name in vars(Ways) if not name.startswith("_")}
# The end of one direction is no message that TLS has for a client.
OF_PLAIN = {name: way for name, way in WAYS.items() if "half" not in name}
# They wait for the server, which takes its time.
SLOW = {"silence", "client_half_closes_and_nothing_more"}


class Churn:
    def __init__(self, seed, slots, seconds):
        self.seconds, self.slots = seconds, slots
        self.random = random.Random(seed)
        self.number, self.waiting = seed * 100_000_000, {}
        self.busy, self.open, self.fates, self.tasks = 0, {}, [], []
        self.ports, self.paths = {}, []
        self.may_go, self.must_end = asyncio.Event(), asyncio.Event()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    async def listen(self):
        server = await asyncio.start_server(self.asked, "127.0.0.1", 0, backlog=4096, limit=1 << 18)
        return server.sockets[0].getsockname()[1]

    async def asked(self, reader, writer):
        """The backend is asked for a tunnel."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            number = int(head.split(b"X-Number: ")[1].split(b"\r\n")[0])
            writer.write(SWITCH)
            self.waiting[number].set_result(End(reader, writer))
        except (asyncio.IncompleteReadError, KeyError, asyncio.InvalidStateError, *GONE):
            writer.close()

    async def shake_hands(self, tls, path, patience):
        """(number, fate, client): the fate of a handshake is 101 where a tunnel is open."""
        self.number += 1
        number = self.number
        self.waiting[number] = asyncio.get_running_loop().create_future()
        writer = None
        try:
            reader, writer = await asyncio.wait_for(asyncio.open_connection(
                "127.0.0.1", self.ports[tls], ssl=self.context if tls else None, limit=1 << 18), LIMIT)
            writer.write((REQUEST % (path, number)).encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), patience)
            fate = head.split()[1].decode()
        except asyncio.TimeoutError:
            fate = "left" if patience < LIMIT else "stuck"
        except (asyncio.IncompleteReadError, *GONE):
            fate = "cut"
        if fate == "101":
            client = End(reader, writer)
            client.is_client = True
            return number, fate, client
        del self.waiting[number]
        if writer:
            writer.close()
        return number, fate, None

    async def echo(self, client, backend, size):
        """A message there and back."""
        payload = self.random.randbytes(size)
        client.send(masked(payload))
        await backend.expect(masked(payload))
        backend.send(frame(payload))
        await client.expect(frame(payload))

    def size(self):
        chance = self.random.random()
        return (self.random.randrange(2, 300) if chance < 0.9 else self.random.randrange(300, 30000)
                if chance < 0.98 else self.random.randrange(70000, 200000))

    async def live(self, client, backend, life):
        """Messages now and then, often enough not to be silent."""
        until = time.monotonic() + life
        await self.echo(client, backend, self.size())
        while not self.must_end.is_set() and (left := until - time.monotonic()) > 0:
            try:
                await asyncio.wait_for(self.must_end.wait(), min(left, self.seconds / 4))
            except asyncio.TimeoutError:
                pass
            await self.echo(client, backend, self.size())

    async def end(self, name, client, backend):
        """In its own way: (fate, outcomes)"""
        while not self.may_go.is_set() and not self.must_end.is_set():
            await self.live(client, backend, self.seconds / 4)
        self.busy += name not in SLOW
        try:
            return "done", await WAYS[name](client, backend)
        finally:
            self.busy -= name not in SLOW

    async def tunnel(self, path, tls, life):
        """One tunnel from its handshake to its end. Its fate is the handshake's where it was not opened."""
        name, outcomes, begun = self.random.choice(list(OF_PLAIN if tls else WAYS)), "-", time.monotonic()
        self.busy += 1
        try:
            number, fate, client = await self.shake_hands(tls, path, LIMIT)
        finally:
            self.busy -= 1
        if client:
            self.open[number] = client
            backend = await self.waiting.pop(number)
            try:
                await self.live(client, backend, life)
                fate, outcomes = await self.end(name, client, backend)
            except Fate as other:
                fate = str(other)
            except GONE:
                fate = "ended"
            for end in (client, backend):
                end.close()
            del self.open[number]
        self.fates.append((number, fate, name, outcomes, begun, time.monotonic()))
        return fate

    async def hang(self, path):
        """One handshake with a backend of its own that hangs at times, by a client that does not wait for ever."""
        patience, outcomes, begun = self.random.uniform(0.2, 3), "-", time.monotonic()
        number, fate, client = await self.shake_hands(self.random.random() < 0.3, path, patience)
        if client:
            del self.waiting[number]
            self.open[number] = client
            message = self.random.randbytes(100)
            client.send(masked(message))
            try:
                await client.expect(frame(message))
                client.close()
                fate, outcomes = "done", "client"
            except Fate as other:
                fate = str(other)
            client.close()
            del self.open[number]
        self.fates.append((number, fate, "hang", outcomes, begun, time.monotonic()))
        return fate

    async def slot(self, index):
        """One after the other: most slots have long tunnels, some many short ones, and few each of the others."""
        kind = "hang" if index == 0 else "thread" if index < 4 else "short" if index % 8 == 7 else "long"
        while True:
            await self.may_go.wait()
            path = f"{self.paths[0]}/{'thread' if kind == 'thread' else 'event'}"
            if kind == "hang":
                self.busy += 1
                fate = await self.hang(self.paths[1])
                self.busy -= 1
            else:
                life = (0 if kind == "short" else self.random.uniform(0, 5) if kind == "thread" else
                        self.random.choice((0.5, 2, 5, 20, 60)) * self.random.random())
                fate = await self.tunnel(path, self.random.random() < 0.3, life)
            pause = 1 if fate.isdigit() or fate == "cut" else 0.5 if kind == "hang" else 0.02
            await asyncio.sleep(self.random.uniform(0.5, 1.5) * pause)

    async def settle(self, is_settled):
        until = time.monotonic() + 2 * LIMIT
        while not is_settled() and time.monotonic() < until:
            await asyncio.sleep(0.02)
        return is_settled()

    async def obey(self, word, arguments):
        if word == "go":
            self.ports = {False: int(arguments[0]), True: int(arguments[1])}
            self.paths = arguments[2:]
            self.must_end.clear()
            self.may_go.set()
            self.tasks = self.tasks or [asyncio.ensure_future(self.slot(i)) for i in range(self.slots)]
            return "go"
        if word == "hold":
            self.may_go.clear()
            held = await self.settle(lambda: self.busy == 0)
            return " ".join(["hold" if held else "stuck", *(str(n) for n, end in self.open.items() if not end.is_over())])
        if word == "rest":
            self.may_go.clear()
            self.must_end.set()
            rests = await self.settle(lambda: self.busy == 0 and not self.open)
            return f"{'rest' if rests else 'stuck'} {len(self.open)}"
        if word == "look":
            for _ in range(20):  # the loop looks at all sockets each time; few ends take more than some steps
                await asyncio.sleep(0)
            return "look"
        with open(arguments[0], "w") as file:
            for row in self.fates:
                print(*row, file=file)
        return f"fates {len(self.fates)}"


def check_tasks(tasks):
    for task in tasks:
        if task.done():
            task.result()


async def read_questions(questions):
    """With the input this process ends, whatever it waits for."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        questions.put_nowait(line.decode().split())
    os._exit(0)


async def main():
    churn = Churn(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    print(await churn.listen(), flush=True)
    questions = asyncio.Queue()
    reader = asyncio.ensure_future(read_questions(questions))
    try:
        while True:
            word, *arguments = await questions.get()
            answer = await churn.obey(word, arguments)
            check_tasks([reader, *churn.tasks])
            print(answer, flush=True)
    except BaseException:  # asyncio would wait for all tunnels
        traceback.print_exc()
        os._exit(1)


# What a terminal sends goes to the program that started this one, and then ends this one's input.
signal.signal(signal.SIGINT, signal.SIG_IGN)
asyncio.run(main())
