#!/usr/bin/python3
"""One HTTP/2 request on 127.0.0.1, reported as one JSON object: status, fields, body and,
where the server ended the stream with an error, its code's name (reset)."""
import argparse
import json
import socket
import ssl

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

LIMIT_SECONDS = 60


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--method", default="GET")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--connect", action="store_true", help="extended CONNECT (RFC 8441)")
    parser.add_argument("--body", type=int, help="length of a body")
    parser.add_argument("--field", action="append", default=[], help="name: value")
    return parser.parse_args()


def open_socket(options):
    plain = socket.create_connection(("127.0.0.1", options.port), LIMIT_SECONDS)
    if not options.tls:
        return plain
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    secure = context.wrap_socket(plain, server_hostname="localhost")
    if secure.selected_alpn_protocol() != "h2":
        raise SystemExit("the server did not choose h2")
    return secure


def request_fields(options):
    fields = [
        (":method", "CONNECT" if options.connect else options.method),
        (":scheme", "https" if options.tls else "http"),
        (":authority", "localhost"),
        (":path", options.path),
    ]
    if options.connect:
        fields += [(":protocol", "websocket"), ("sec-websocket-version", "13")]
    for line in options.field:
        name, _, value = line.partition(":")
        fields.append((name.strip().lower(), value.strip()))
    return fields


def error_name(code):
    try:
        return h2.errors.ErrorCodes(code).name
    except ValueError:
        return str(code)


def apply(event, report):
    """Notes the event; True when nothing more will come."""
    if isinstance(event, h2.events.ResponseReceived):
        for name, value in event.headers:
            if name == b":status":
                report["status"] = int(value)
            else:
                report["fields"].append([name.decode(), value.decode()])
    elif isinstance(event, h2.events.DataReceived):
        report["body"] += event.data.decode()
    elif isinstance(event, h2.events.StreamReset):
        report["reset"] = error_name(event.error_code)
        return True
    return isinstance(event, (h2.events.StreamEnded, h2.events.ConnectionTerminated))


def may_start(options, connection):
    """An extended CONNECT must wait until the server has said that it takes one."""
    enabled = h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL
    return not options.connect or connection.remote_settings.get(enabled, 0) == 1


def send_body(connection, stream, left):
    """Sends as much of the body as the windows allow; what is left, None once it has ended."""
    while left > 0:
        room = min(left, connection.local_flow_control_window(stream), connection.max_outbound_frame_size)
        if room <= 0:
            return left
        connection.send_data(stream, b"x" * room)
        left -= room
    connection.end_stream(stream)
    return None


def exchange(options, wire):
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    report = {"status": 0, "fields": [], "body": "", "reset": None}
    started = done = False
    left = None
    connection.initiate_connection()
    while not done:
        if not started and may_start(options, connection):
            stream = connection.get_next_available_stream_id()
            keeps_open = options.connect or options.body is not None
            connection.send_headers(stream, request_fields(options), end_stream=not keeps_open)
            left = options.body
            started = True
        if started and not done and left is not None:
            left = send_body(connection, stream, left)
        wire.sendall(connection.data_to_send())
        data = wire.recv(65536)
        if not data:
            break
        for event in connection.receive_data(data):
            done = apply(event, report) or done
        # An accepted extended CONNECT never ends by itself.
        done = done or (options.connect and 200 <= report["status"] < 300)
    return report


def main():
    options = arguments()
    with open_socket(options) as wire:
        print(json.dumps(exchange(options, wire)))


main()
