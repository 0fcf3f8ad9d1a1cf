#!/usr/bin/python3
"""A WebSocket of Tornado's, which Jupyter is made of: it takes pages of its own origin only, and sends every message back. Its path has no
empty segment at the beginning. Listens on a free port of 127.0.0.1, prints the port as its first line and ends when its standard input
does."""
import asyncio
import logging
import sys

import tornado.httpserver
import tornado.netutil
import tornado.web
import tornado.websocket


class Echo(tornado.websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message)


async def main():
    logging.getLogger("tornado.access").disabled = True
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    tornado.httpserver.HTTPServer(tornado.web.Application([(r"/\w.*", Echo)])).add_sockets(sockets)
    print(sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
