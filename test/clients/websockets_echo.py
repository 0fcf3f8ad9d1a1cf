#!/usr/bin/python3
"""python3-websockets: opens the URL, sends each message and prints what comes back."""
import asyncio
import sys

import websockets

LIMIT_SECONDS = 60


async def main(url, messages):
    async with websockets.connect(url) as client:
        for message in messages:
            await client.send(message)
            print(await asyncio.wait_for(client.recv(), LIMIT_SECONDS))


asyncio.run(main(sys.argv[1], sys.argv[2:]))
