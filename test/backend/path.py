#!/usr/bin/python3
"""A backend that says what it was asked for: listens on a free port of 127.0.0.1, prints the port as its first line, ends when
its standard input does. The body of each answer is the request target, byte for byte as it came."""
import socketserver
import sys
import threading


class Path(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            target = line.split(b" ")[1]
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Backend: 1\r\nContent-Length: %d\r\n\r\n%s" % (len(target), target))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128


with Server(("127.0.0.1", 0), Path) as server:
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
