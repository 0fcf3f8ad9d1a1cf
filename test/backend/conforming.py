#!/usr/bin/python3
"""A WebSocket server that sends every message back, and answers the same bytes with the same bytes however
they come in pieces: each frame is answered before the next is looked at. What is a frame, a fault and a
Close is for python3-websockets to say. When it has ended the connection it reads until the client does, so
that no reset can take away the last of what it has said.

Arguments: certificate and key. Prints two ports of 127.0.0.1, without TLS and with it, and ends when its
standard input does."""
import asyncio
import codecs
import os
import ssl
import sys

from websockets import server
from websockets.exceptions import ProtocolError
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Opcode
from websockets.http11 import Request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from stream import Stream  # noqa: E402

# Before version 11 it had the other name.
Protocol = getattr(server, "ServerProtocol", None) or server.ServerConnection
MESSAGE_MAX = 4 << 20


class Deflate(ServerPerMessageDeflateFactory):
    """Version 15 accepts a continuation that says it is compressed (RFC 7692, 6.1)."""

    def process_request_params(self, *arguments):
        params, extension = super().process_request_params(*arguments)
        decode = extension.decode

        def strict(frame, **limits):
            if frame.opcode is Opcode.CONT and frame.rsv1:
                raise ProtocolError("a continuation says that it is compressed")
            return decode(frame, **limits)

        extension.decode = strict
        return params, extension


class Echoing(Protocol):
    def __init__(self):
        super().__init__(extensions=[Deflate()], max_size=MESSAGE_MAX)
        self.kind = self.parts = self.decoder = None

    def recv_frame(self, frame):
        super().recv_frame(frame)
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self.kind, self.parts = frame.opcode, []
            self.decoder = codecs.getincrementaldecoder("utf-8")()
        elif frame.opcode is not Opcode.CONT:
            return
        if self.kind is Opcode.TEXT:
            self.decoder.decode(frame.data, frame.fin)  # its exception is answered with 1007
        self.parts.append(frame.data)
        if frame.fin:
            (self.send_text if self.kind is Opcode.TEXT else self.send_binary)(b"".join(self.parts))


class Server(Stream):
    def opened(self):
        self.protocol = Echoing()

    def heard(self, data):
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                self.protocol.send_response(self.protocol.accept(event))
        self._say()

    def ended(self, how):
        if not self.finished and how != "RST":
            self.protocol.receive_eof()
            self._say()
        self.transport.close()

    def _say(self):
        for data in self.protocol.data_to_send():
            if data:
                self.send(data)
            else:
                self.finish()


async def main(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    for tls in None, context:
        listener = await loop.create_server(lambda tls=tls: Server(tls, True), "127.0.0.1", 0, backlog=512)
        print(listener.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))
