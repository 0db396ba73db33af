"""Starts the demo: mail servers, the hub on SQLite, the shop, its people; and ends all of it
together.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import structlog
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from hub.agents.model import Role
from hub.app.hub import Hub
from hub.app.server import Server, server
from hub.channels import chat
from hub.channels.email.simulator import mail_servers
from hub.demo import seed as seeds
from hub.demo.seed import ADMIN, MAIL_ADDRESS, NEWCOMER, PASSWORD, PEOPLE, SUPERVISOR, email_of
from hub.demo.staff import StaffMember
from hub.demo.visitors import Crowd
from hub.settings import Settings

SHOP = Path(chat.__file__).parent / "host"

said = structlog.get_logger("hub.demo")


async def run(
    folder: Path,
    port: int,
    *,
    speed: float,
    seed: int,
    reset: bool,
    tell: Callable[[str], None],
    host: str = "127.0.0.1",
) -> None:
    """Run until interrupted. Everything lives in ``folder``; ``reset`` empties it first."""
    if reset:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    async with AsyncExitStack() as stack:
        servers = await stack.enter_async_context(mail_servers())
        settings = Settings(
            folder=folder,
            host=host,
            port=port,
            organisation=seeds.ORGANISATION,
            limits_scale=1_000,
            outgoing_allowed=(
                f"127.0.0.1:{servers.smtp_port}",
                f"127.0.0.1:{servers.imap_port}",
            ),
        )
        hub = Hub(settings)
        hub.app.router.routes.insert(0, Mount("/shop", app=StaticFiles(directory=SHOP, html=True)))
        await stack.enter_async_context(hub.running())
        mail = seeds.Mail(servers.smtp_port, servers.imap_port, servers.password)
        await seeds.plant(hub, mail, seed)
        web = server(hub.app, host, port, part=hub.part)
        serving = asyncio.create_task(web.serve())
        await _started(web, serving)
        base = f"http://{host}:{web.servers[0].sockets[0].getsockname()[1]}"
        tell(_welcome(base, servers.smtp_port, servers.imap_port, servers.password))
        people = [
            asyncio.create_task(each) for each in _people(base, servers.smtp_port, speed, seed)
        ]
        try:
            await serving
        finally:
            for person in people:
                person.cancel()
            await asyncio.gather(*people, return_exceptions=True)


async def _started(web: Server, serving: asyncio.Task[None]) -> None:
    while not web.started:
        if serving.done():
            await serving
            raise RuntimeError("the server did not start: is the port taken?")
        await asyncio.sleep(0.02)


def _people(base: str, smtp_port: int, speed: float, seed: int) -> list[Coroutine[Any, Any, None]]:
    luck = random.Random(seed)  # noqa: S311 - a rehearsal, not a secret
    staff = [
        StaffMember(base, email_of(login), PASSWORD, speed, random.Random(luck.random()))  # noqa: S311
        for login, _, role, *_ in PEOPLE
        if role is Role.AGENT and login != NEWCOMER
    ]
    crowd = Crowd(base, smtp_port, MAIL_ADDRESS, speed, random.Random(luck.random()))  # noqa: S311
    return [*(member.work() for member in staff), crowd.come()]


def _welcome(base: str, smtp_port: int, imap_port: int, password: str) -> str:
    return f"""
  云杉家居 Spruce Home 的客服台已开张 · the service desk is open

  工作台 Workbench     {base}/
    坐席 agent         {email_of(NEWCOMER)}   {PASSWORD}     ← 您 you
    主管 supervisor    {email_of(SUPERVISOR)}  {PASSWORD}
    管理 admin         {email_of(ADMIN)}     {PASSWORD}
  商店与聊天 Shop+chat {base}/shop/   (English: {base}/shop/en.html)
  帮助中心 Help centre {base}/hc/zh   {base}/hc/en
  API                  {base}/api/docs

  写信 send a mail     SMTP 127.0.0.1:{smtp_port}, to {MAIL_ADDRESS}, from any address
  读回信 read answers  IMAP 127.0.0.1:{imap_port}, user = that address, password {password}

  Ctrl-C 结束一切 ends everything
"""
