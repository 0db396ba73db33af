"""Screens that stop reading are let go; the hub's memory and all other lines stay as they were."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from tests.support.hubprocess import HubProcess
from tests.support.nursery import Nursery
from tests.support.outsiders import Agent, http_client
from tests.support.town import Town, town

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

MIB = 1 << 20


class Sleeper:
    """A screen that says hello and then reads nothing any more."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    async def fall_asleep(self) -> None:
        boot = await self.agent._get("/api/boot")
        ticket = (await self.agent.once("POST", "/api/realtime/ticket", tries=1)).json()["ticket"]
        address = self.agent.url.replace("http", "ws", 1) + "/api/realtime"
        self.protocol = ClientProtocol(parse_uri(address), origin=self.agent.url)  # type: ignore[arg-type]
        request = self.protocol.connect()
        request.headers["cookie"] = f"hub_session={self.agent.cookie}"
        self.protocol.send_request(request)
        hello = {"t": "hello", "ticket": ticket, "epoch": boot["epoch"], "after": boot["seq"]}
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        self.socket.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(
            self.socket, ("127.0.0.1", int(address.split(":")[2].split("/")[0]))
        )
        await loop.sock_sendall(self.socket, b"".join(self.protocol.data_to_send()))
        self.protocol.receive_data(await loop.sock_recv(self.socket, 4_096))
        self.protocol.send_text(json.dumps(hello).encode())
        await loop.sock_sendall(self.socket, b"".join(self.protocol.data_to_send()))

    async def wake_up(self) -> bool:
        """Read what is left; True when the hub has let go."""
        loop = asyncio.get_running_loop()
        try:
            while await loop.sock_recv(self.socket, 65_536):
                pass
        except ConnectionError:
            return True
        finally:
            self.socket.close()
        return True


async def test_those_who_do_not_read_cost_nothing_and_are_told_to_come_back(
    nursery: Nursery, tmp_path: Path, many_faults: bool
) -> None:
    count = 200 if many_faults else 5
    hub = HubProcess(nursery, tmp_path / "hub")
    async with town(hub, customers=2, visitors=1, agents=2) as people:
        await people.progress(20)
        before = hub.memory
        agent = people.agents[0]
        sleepers = [Sleeper(agent) for _ in range(count)]
        for sleeper in sleepers:
            await sleeper.fall_asleep()

        await _much_happens(people)
        grown = hub.memory - before
        async with asyncio.timeout(60):
            let_go = await asyncio.gather(*(sleeper.wake_up() for sleeper in sleepers))

        assert grown < 60 * MIB + count * 3 * MIB // 2, f"{grown / MIB:.0f} MiB"
        assert let_go == [True] * count
        assert "slow" not in [word for peer in people.agents for word in peer.goodbyes]
        await people.judged()


async def _much_happens(people: Town) -> None:
    """More than a queue holds, on the screens of every agent."""
    supervisor = people.supervisor
    text = "x" * 45_000
    shown = await supervisor.shown()
    conversation = shown.conversations[0]["id"]
    async with http_client() as supervisor._http, asyncio.timeout(120):
        for _ in range(300):
            answer = await supervisor.once(
                "POST",
                f"/api/conversations/{conversation}/notes",
                {"text": text, "attachments": []},
            )
            assert answer.status_code == 201, answer.text
