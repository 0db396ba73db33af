"""A server ends although a client is just leaving."""

from __future__ import annotations

import asyncio

import uvicorn
from starlette.types import Receive, Scope, Send
from typing_extensions import override
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from hub.web.websocket import WebSocketLine


class SlowLine(asyncio.Transport):
    """Takes everything, and is not done with it when it is told to close."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.closing = False
        self.taken = b""

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.taken += bytes(data)

    @override
    def close(self) -> None:
        self.closing = True

    @override
    def is_closing(self) -> bool:
        return self.closing


async def test_parting_from_a_client_who_has_said_goodbye_is_nothing_to_do() -> None:
    async def talk(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    config = uvicorn.Config(talk, lifespan="off", log_config=None, ws=WebSocketLine)
    config.load()
    state, line = ServerState(), SlowLine()
    server = WebSocketLine(config, state, {})
    client = ClientProtocol(parse_uri("ws://127.0.0.1/"))
    server.connection_made(line)
    client.send_request(client.connect())
    server.data_received(b"".join(client.data_to_send()))
    for _ in range(5):
        await asyncio.sleep(0)  # the application accepts
    client.receive_data(line.taken)
    client.send_close(1000)
    server.data_received(b"".join(client.data_to_send()))
    assert line.closing

    server.shutdown()

    await asyncio.gather(*state.tasks)
    server.connection_lost(None)
