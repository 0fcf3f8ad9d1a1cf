#!/usr/bin/python3
"""A WebSocket server that sends every message back. Listens on a free port of 127.0.0.1, prints
the port as its first line and ends when its standard input does, so that it cannot outlive
whoever started it. Arguments: the subprotocols that it speaks."""
import asyncio
import sys

import websockets


async def echo(websocket, _path=None):
    try:
        async for message in websocket:
            await websocket.send(message)
    except websockets.ConnectionClosedError:
        pass  # clients of the tests leave without a Close frame


def choose(first, second):
    """The subprotocol, or None: left to themselves, newer versions refuse a client that offers none. They
    call this with the connection and what the client offers, older ones with that and the server's."""
    offered = first if isinstance(first, list) else second
    return next((name for name in sys.argv[1:] if name in offered), None)


async def main():
    async with websockets.serve(echo, "127.0.0.1", 0, subprotocols=sys.argv[1:] or None,
                                select_subprotocol=choose) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
