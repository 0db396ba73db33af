"""A hub under mixed load: customers of a webhook, visitors of a chat, agents who answer all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.hubprocess import HubProcess
from tests.support.oracle import Ledgers, Shown, judge
from tests.support.outsiders import SECRET, Agent, Integrator, Supervisor, Visitor
from tests.support.providers import Provider


@dataclass
class Town:
    """Everybody around one hub. ``peers`` talk from the start until ``quieten``."""

    hub: HubProcess
    ledgers: Ledgers
    integrator: Integrator
    visitors: list[Visitor]
    agents: list[Agent]
    supervisor: Supervisor
    providers: Sequence[Provider] = ()
    _talking: list[asyncio.Task[None]] = field(default_factory=list)
    _sitting: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def acked(self) -> int:
        return len(self.ledgers.acked)

    def begin(self, customers: int) -> None:
        """Everybody begins to talk."""
        make = asyncio.create_task
        self._sitting = [make(agent.work()) for agent in self.agents]
        self._talking = [make(visitor.visit()) for visitor in self.visitors]
        self._talking += [make(self.integrator.customer(f"cus{n}")) for n in range(customers)]
        for provider in self.providers:
            provider.ledgers, provider.url = self.ledgers, self.hub.url
            self._talking.append(make(provider.talk()))
            self._sitting.append(make(provider.report()))

    async def progress(self, more: int = 5, within: float = 30.0) -> None:
        """Wait until some more has been acknowledged."""
        wanted = self.acked + more
        async with asyncio.timeout(within):
            while self.acked < wanted:
                self._raise_failures()
                await asyncio.sleep(0.02)

    def _raise_failures(self) -> None:
        for task in (*self._talking, *self._sitting):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def quieten(self, within: float = 60.0) -> Shown:
        """Let everybody finish; what the hub shows then, once nothing is on its way."""
        for peer in (self.integrator, *self.visitors, *self.agents):
            peer.is_done = True
        for provider in self.providers:
            provider.is_done = True
        async with asyncio.timeout(within):
            await asyncio.gather(*self._talking)
            await asyncio.gather(*(agent.finished() for agent in self.agents))
            shown = await self.supervisor.settled()
            for _ in range(100 if self.providers else 0):
                if len(list(shown.of("in"))) >= self.acked:
                    break
                await asyncio.sleep(0.1)  # letters are acknowledged before they are read
                shown = await self.supervisor.settled()
            for provider in self.providers:
                provider.note()
            screens = [asyncio.create_task(visitor.watch()) for visitor in self.visitors]
            try:
                await self._see_all(shown)
            finally:
                await _end(screens)
        return shown

    async def _see_all(self, shown: Shown) -> None:
        """Wait a moment for the visitors' screens to show what is there; then note them."""
        wanted = sum(
            shown.channel_of(conversation_id) == "chat"
            for direction in ("in", "out")
            for conversation_id, _ in shown.of(direction)
        )
        for _ in range(100):
            if sum(len(visitor.shown) for visitor in self.visitors) == wanted:
                break
            await asyncio.sleep(0.05)
        self.ledgers.screens = [visitor.screen() for visitor in self.visitors]

    async def leave(self) -> None:
        """Everybody goes home, whatever they were doing."""
        await _end([*self._talking, *self._sitting])

    async def judged(self) -> Shown:
        """Finish, and fail with everything the oracle and `hub verify` find wrong."""
        shown = await self.quieten()
        breaches = judge(self.ledgers, shown)
        breaches += [
            f"failed, though nobody refused it: {message['text']!r}: {message['error']}"
            for _, message in shown.of("out")
            if message["state"] == "failed"
        ]
        assert not breaches, "\n".join([*breaches[:20], self.ledgers.balance(), self.hub.words()])
        status, words = await self.hub.verify()
        assert status == 0, words
        return shown


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def town(
    hub: HubProcess,
    *,
    customers: int = 3,
    visitors: int = 2,
    agents: int = 2,
    crash: str = "",
    providers: Sequence[Provider] = (),
) -> AsyncIterator[Town]:
    """A hub that has just started, with everybody talking to it."""
    ledgers = Ledgers()
    integrator = Integrator(hub.url, ledgers)
    async with integrator.listening():
        allowed = [integrator.answers, *(host for each in providers for host in each.hosts)]
        hub.more["HUB_OUTGOING_ALLOWED"] = ",".join(allowed)
        logins = [f"agent{n}" for n in range(agents)]
        webhook = {
            "kind": "webhook",
            "key": integrator.key,
            "settings": {"url": f"http://{integrator.answers}/answers"},
            "secrets": {"secret": SECRET},
        }
        chat = {"kind": "chat", "key": "web"}
        channels = [webhook, chat, *(each.channel for each in providers)]
        shop = {"agents": logins, "supervisors": ["boss"], "channels": channels}
        await hub.plant(shop)
        await hub.start(crash)
        people = Town(
            hub,
            ledgers,
            integrator,
            [Visitor(hub.url, ledgers, who=f"vis{n}") for n in range(visitors)],
            [Agent(hub.url, ledgers, who=login) for login in logins],
            Supervisor(hub.url, ledgers, who="boss"),
            providers,
        )
        people.begin(customers)
        try:
            yield people
        finally:
            await people.leave()
