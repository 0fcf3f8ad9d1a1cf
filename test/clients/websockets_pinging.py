#!/usr/bin/python3
"""python3-websockets behind a proxy that pings: opens the URL with a keepalive of its own, every
SECONDS (0: none), prints "open", and for each line of standard input sends a large message,
compressible or not, and prints what became of it."""
import asyncio
import os
import ssl
import sys

import websockets

SIZE = 6 * 1024 * 1024


async def main(url, seconds):
    context = None
    if url.startswith("wss:"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    async with websockets.connect(url, ssl=context, max_size=None, ping_interval=seconds or None,
                                  ping_timeout=30 if seconds else None) as client:
        # Newer versions keep them elsewhere.
        extensions = (client if hasattr(client, "extensions") else client.protocol).extensions
        print("open", ",".join(extension.name for extension in extensions), flush=True)
        while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            words = b"words and more words " * (SIZE // 21)
            message = os.urandom(SIZE) if line.startswith("random") else words
            await client.send(message)
            print("right" if await client.recv() == message else "wrong", flush=True)
    print("closed", client.close_code, flush=True)


asyncio.run(main(sys.argv[1], float(sys.argv[2])))
