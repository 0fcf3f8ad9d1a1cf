"""The client of a case over HTTP/2: a plain request, a WebSocket by extended CONNECT, or an upgrade to h2c."""
import asyncio
import contextlib

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from backend import GONE, reset
from client import Http1, Response


class Http2:
    def __init__(self, facts, reader, writer):
        self.facts, self.case, self.reader, self.writer = facts, facts.case, reader, writer
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, validate_outbound_headers=False, normalize_outbound_headers=True))
        self.stream, self.response, self.over, self.ended = None, None, False, False

    def flush(self):
        self.writer.write(self.h2.data_to_send())

    def headers(self, request):
        pseudo = [(":method", "CONNECT" if request.extended else request.method), (":scheme", "https" if self.case.tls else "http"),
                  (":authority", "localhost"), (":path", request.target)]
        if request.extended:
            pseudo.append((":protocol", "websocket"))
        return pseudo + [(name.lower(), value.strip()) for name, value in request.lines if name != "Host"]

    async def start(self):
        """An extended CONNECT must wait until the server has said that it takes one."""
        request = self.case.requests[0]
        self.h2.initiate_connection()
        self.flush()
        enabled = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL
        while request.extended and not self.h2.remote_settings.get(enabled, 0) and not self.over:
            await self.step()
        if self.over:
            return
        self.stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(self.stream, self.headers(request), end_stream=not request.extended and not request.body)
        if request.body:
            await self.say(request.body)
            if not self.ended and not self.over:
                self.h2.end_stream(self.stream)
        self.flush()

    async def say(self, data):
        while data and not self.ended and not self.over:
            room = min(self.h2.local_flow_control_window(self.stream), self.h2.max_outbound_frame_size, len(data))
            if room:
                self.h2.send_data(self.stream, data[:room])
                self.flush()
                data = data[room:]
            else:
                await self.step()

    async def step(self):
        """Whatever comes next"""
        data = await self.reader.read(65536)
        if not data:
            self.over = True
            return
        try:
            for event in self.h2.receive_data(data):
                self.apply(event)
        except h2.exceptions.ProtocolError as exc:
            # To python3-h2 a connection is over with a GOAWAY, though streams may still end.
            self.over = True
            closed = self.h2.state_machine.state == h2.connection.ConnectionState.CLOSED
            self.facts.goaway |= closed
            if not closed and not self.facts.left.is_set():
                self.facts.stuck = f"over HTTP/2: {exc!r}"
        self.flush()

    def apply(self, event):
        if isinstance(event, h2.events.ResponseReceived):
            fields = {}
            for name, value in event.headers:
                fields.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
            self.response = Response(int(fields[":status"][0]), fields, b"")
        elif isinstance(event, h2.events.DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.facts.everything += event.data
            if self.facts.tunnel is not None:
                self.facts.got += event.data
            elif self.response:
                self.response.body += event.data
            if self.response and self.case.requests[0].extended and self.response.status == 200 and self.facts.tunnel is None:
                self.facts.tunnel, self.facts.got[:] = 0, event.data
        elif isinstance(event, h2.events.StreamEnded):
            self.ended = True
            if self.response:
                self.response.whole = True
        elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
            self.ended = True
            self.facts.goaway |= isinstance(event, h2.events.ConnectionTerminated)

    async def run(self):
        try:
            with contextlib.suppress(h2.exceptions.ProtocolError):  # the stream has ended before
                await self.start()
            await self.listen()
        finally:
            self.facts.left.set()
            self.writer.close()

    async def listen(self):
        extended = self.case.requests[0].extended
        while not self.response and not self.ended and not self.over:
            await self.step()
        if not self.response:
            return
        if extended and self.response.status == 200:
            self.facts.heard[0] = self.response
            self.facts.tunnel = 0
            self.facts.opened.set()
            await self.tunnel()
            return
        while not self.ended and not self.over:
            await self.step()
        self.facts.heard[0] = self.response

    async def tunnel(self):
        case = self.case
        with contextlib.suppress(h2.exceptions.ProtocolError, *GONE):
            for piece in case.talk:
                self.facts.sent += piece
                await self.say(piece)
            self.facts.left.set()
            if case.ending == "ends its stream" and not self.ended:
                self.h2.end_stream(self.stream)
            elif case.ending == "resets its stream" and not self.ended:
                self.h2.reset_stream(self.stream, h2.errors.ErrorCodes.CANCEL)
            elif case.ending == "says GOAWAY":
                self.h2.close_connection()
            elif case.ending == "breaks":
                reset(self.writer)
                return
            self.flush()
            while case.ending == "ends its stream" and not self.ended and not self.over:
                await self.step()


class ToHttp2(Http1):
    """Asks by HTTP/1 for h2c, and goes on with that."""

    async def run(self):
        request = self.case.requests[0]
        await self.send(request.bytes())
        response = await self.response(request.method)
        self.facts.heard[0] = response
        if response.status == 101:
            await self.switched(0, response)
        if self.facts.to_h2c:
            http2 = Http2(self.facts, self.reader, self.writer)
            http2.h2.initiate_upgrade_connection(b"AAMAAABkAAQAAP__")
            http2.flush()
            http2.stream = 1
            await http2.listen()
        self.leave("goes")
