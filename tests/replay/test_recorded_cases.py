"""Recorded cases, which the screens' own code (frontend/src/sync/replay.test.ts) plays as well.

``changes``: what is held, changes, what is held then. ``lines``: a log, what client and hub say to
each other about it, and what the client holds in the end. Here the hub's session and the reference
client are run; there the real client, against the same words of the hub.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hub.agents.model import Agent, Role
from hub.kernel.clock import Millis
from hub.kernel.ids import AgentId
from hub.realtime.apply import Held, Key, apply
from hub.realtime.frames import AGENT, EventFrame, Hello
from hub.realtime.session import Phase, Session
from hub.realtime.sockets import catch_up
from hub.realtime.switchboard import Connection
from hub.storage import log
from hub.storage.log import Logged

CASES = Path(__file__).parent / "cases"
NOON = Millis(1_800_000_000_000)

AN_AGENT = Agent(AgentId("me"), 1, "me@hub.example", "Me", Role.AGENT, (), (), 10, disabled=False)

Case = dict[str, Any]


def recorded(kind: str) -> list[Any]:
    return [
        pytest.param(json.loads(path.read_text()), id=path.stem)
        for path in sorted((CASES / kind).glob("*.json"))
    ]


@pytest.mark.parametrize("case", recorded("changes"))
def test_changes_do_to_what_is_held_what_was_recorded(case: Case) -> None:
    held = {key_of(name): Held(**facts) for name, facts in case["held"].items()}

    outcomes = [apply(held, change).value for change in case["changes"]]

    assert outcomes == case["outcomes"]
    assert held == {key_of(name): Held(**facts) for name, facts in case["expected"].items()}


@pytest.mark.parametrize("case", recorded("lines"))
async def test_the_hub_says_on_a_line_what_was_recorded(case: Case) -> None:
    hub, client = Hub(case), Client(case["boots"])

    for step in case["steps"]:
        await play(step, hub, client)

    assert client.held_whole() == {
        key_of(name): value for name, value in case["ends"]["held"].items()
    }
    assert client.position == case["ends"]["seq"]


def key_of(name: str) -> Key:
    kind, _, id_ = name.partition("/")
    return (kind, id_)


async def play(step: Case, hub: Hub, client: Client) -> None:
    """One step of a recorded line. ``lost`` words are said, but not heard by the client."""
    if "client" in step:
        await hub.hear(step["client"])
    elif "server" in step:
        assert hub.said() == step["server"]
        if not step.get("lost"):
            client.hear(step["server"])
    elif "commits" in step:
        hub.commit(step["commits"])
    elif "passes" in step:
        hub.pass_time(step["passes"])
    elif "parts" in step:
        hub.part(**step["parts"])
    elif "holds" in step:
        assert client.held_whole() == {key_of(name): value for name, value in step["holds"].items()}
    else:
        assert step.keys() <= {"cut", "hangs_up"}
        hub.session = None


class Hub:
    """The real session and catching up, over a log in memory."""

    def __init__(self, case: Case) -> None:
        self.epoch: str = case["epoch"]
        self.position: int = case["head"]
        self.lines = {line["seq"]: logged(line) for line in case["log"]}
        self.seen = {line["seq"]: line.get("seen", True) for line in case["log"]}
        self.now = NOON
        self.session: Session | None = None

    async def hear(self, frame: Case) -> None:
        if frame["t"] == "hello":
            self.session = Session(AGENT, self.now)
        assert self.session is not None
        heard = self.session.hear(json.dumps(frame), self.now)
        if isinstance(heard, Hello):
            await catch_up(
                Connection(self.session, audience=self, agent=AN_AGENT),
                self,  # type: ignore[arg-type]  # stands for the database and the tail
                self,  # type: ignore[arg-type]
                self.epoch,
                heard.epoch,
                heard.after,
            )

    async def read(self, query: Callable[..., Any], *wanted: int) -> Any:
        if query is log.last_seq:
            return self.position
        after, most = wanted
        return [self.lines[seq] for seq in range(after + 1, self.position + 1)][:most]

    def changes_for(self, line: Logged) -> str | None:
        """As the audience: what the recorded client may see of an event."""
        seen = self.seen[line.seq]
        if isinstance(seen, bool):
            return line.changes if seen else None
        return json.dumps(seen)

    def commit(self, until: int) -> None:
        while self.position < until:
            self.position += 1
            changes = self.changes_for(self.lines[self.position])
            if self.session is not None and changes is not None:
                self.session.tell(EventFrame(self.lines[self.position], changes))

    def pass_time(self, passed: int) -> None:
        self.now = Millis(self.now + passed)
        if self.session is not None:
            self.session.tick(self.now, told=self.position)

    def part(self, code: str, retry_after: int | None) -> None:
        assert self.session is not None
        self.session.part(code, retry_after)
        assert self.session.phase is Phase.CLOSED

    def said(self) -> Any:
        assert self.session is not None
        return json.loads(self.session.take() or "[]")


def logged(line: Case) -> Logged:
    nobody = (None, None, None, None, None)
    return Logged(
        line["seq"],
        line["at"],
        line["type"],
        *nobody,
        line.get("command_id"),
        line["actor"],
        "{}",
        json.dumps(line["changes"]),
    )


class Client:
    """A client as small as docs/realtime.md allows: it counts, applies, and boots again."""

    def __init__(self, boots: list[Case]) -> None:
        self._boots = boots
        self._counted = 0
        self.position = 0
        self.held: dict[Key, Held] = {}
        self._boot()

    def _boot(self) -> None:
        boot = self._boots.pop(0)
        self.position = boot["seq"]
        self.held = {
            ("conversation", each["id"]): Held(each["rev"], each) for each in boot["conversations"]
        }

    def hear(self, frames: list[Case]) -> None:
        for frame in frames:
            if frame["t"] == "welcome":
                self._counted = 0
            elif frame["t"] == "reset":
                self._boot()
            elif frame["t"] == "event":
                self._event(frame)
            elif frame["t"] in ("caught_up", "beat") and frame["n"] == self._counted:
                self.position = max(self.position, frame["seq"])

    def _event(self, frame: Case) -> None:
        if frame["n"] != self._counted + 1:
            return  # frames were lost: it hangs up, and the next line tells them again
        self._counted = frame["n"]
        for change in frame["changes"]:
            apply(self.held, change)
        self.position = frame["seq"]

    def held_whole(self) -> dict[Key, Any]:
        return {key: held.value for key, held in self.held.items() if held.value is not None}
