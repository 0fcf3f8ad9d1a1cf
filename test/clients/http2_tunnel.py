#!/usr/bin/python3
"""One WebSocket over HTTP/2 (RFC 8441) to 127.0.0.1, as bytes on the socket that is standard
input: first a line with the status and an empty one, then what the tunnel carries. The end of
what is written there ends the stream's own direction; the end of the stream is the end there."""
import argparse
import select
import socket

import h2.config
import h2.connection
import h2.events
import h2.settings


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    return parser.parse_args()


class Tunnel:
    def __init__(self, options):
        self.path = options.path
        self.wire = socket.create_connection(("127.0.0.1", options.port))
        self.user = socket.socket(fileno=0)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self.stream = None
        self.opened = self.ended = False
        self.h2.initiate_connection()

    def start(self):
        """An extended CONNECT must wait until the server has said that it takes one."""
        enabled = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL
        if self.stream is None and self.h2.remote_settings.get(enabled, 0) == 1:
            self.stream = self.h2.get_next_available_stream_id()
            self.h2.send_headers(self.stream, [
                (":method", "CONNECT"), (":scheme", "http"), (":authority", "localhost"),
                (":path", self.path), (":protocol", "websocket"),
                ("sec-websocket-version", "13")])

    def apply(self, event):
        if isinstance(event, h2.events.ResponseReceived):
            status = dict(event.headers)[b":status"].decode()
            self.user.sendall(f"HTTP/2 {status}\r\n\r\n".encode())
            self.opened = True
        elif isinstance(event, h2.events.DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.tell(event.data)
        elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset,
                                h2.events.ConnectionTerminated)):
            self.ended = True

    def tell(self, data):
        try:
            self.user.sendall(data)
        except OSError:
            pass  # nobody listens any more

    def read_user(self):
        data = self.user.recv(16384)
        if data:
            self.h2.send_data(self.stream, data)
        else:
            self.h2.end_stream(self.stream)
        return bool(data)

    def run(self):
        speaks = True
        while not self.ended:
            self.wire.sendall(self.h2.data_to_send())
            wanted = [self.wire] + ([self.user] if self.opened and speaks else [])
            ready, _, _ = select.select(wanted, [], [])
            if self.wire in ready:
                data = self.wire.recv(65536)
                if not data:
                    break
                for event in self.h2.receive_data(data):
                    self.apply(event)
                self.start()
            if self.user in ready and not self.ended:
                speaks = self.read_user()


Tunnel(arguments()).run()
