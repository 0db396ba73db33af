"""The policy table: who may do what."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI

from hub.agents.access import POLICY, Reach, reach_of, require, rights_of
from hub.agents.asking import Asked, anyone, check_routes, may, rights_of_routes
from hub.agents.model import Agent, Role
from hub.kernel.errors import Forbidden
from hub.kernel.ids import AgentId

FAR = {Reach.NONE: 0, Reach.OWN: 1, Reach.ALL: 2}


def somebody(role: Role) -> Agent:
    return Agent(
        id=AgentId("ann"),
        rev=1,
        email="ann@desk.example",
        name="Ann",
        role=role,
        languages=("en",),
        teams=(),
        capacity=100,
        disabled=False,
    )


@pytest.mark.parametrize("action", sorted(POLICY))
def test_each_role_may_do_all_that_the_one_before_it_may(action: str) -> None:
    agent, supervisor, admin = (FAR[POLICY[action][role]] for role in Role)

    assert agent <= supervisor <= admin


@pytest.mark.parametrize(
    ("action", "agent", "supervisor", "admin"),
    [
        ("conversation.read", Reach.OWN, Reach.ALL, Reach.ALL),
        ("conversation.reply", Reach.OWN, Reach.ALL, Reach.ALL),
        ("attachment.read", Reach.OWN, Reach.ALL, Reach.ALL),
        ("raw.read", Reach.OWN, Reach.ALL, Reach.ALL),
        ("offer.answer", Reach.OWN, Reach.OWN, Reach.OWN),  # only ever one's own
        ("presence.set", Reach.OWN, Reach.OWN, Reach.OWN),
        ("presence.set_for_others", Reach.NONE, Reach.ALL, Reach.ALL),
        ("live.read", Reach.NONE, Reach.ALL, Reach.ALL),
        ("article.publish", Reach.NONE, Reach.ALL, Reach.ALL),
        ("agents.manage", Reach.NONE, Reach.NONE, Reach.ALL),
        ("queues.manage", Reach.NONE, Reach.NONE, Reach.ALL),
        ("channels.manage", Reach.NONE, Reach.NONE, Reach.ALL),
        ("quarantine.manage", Reach.NONE, Reach.NONE, Reach.ALL),
        ("metrics.read", Reach.NONE, Reach.NONE, Reach.ALL),
    ],
)
def test_the_lines_that_matter_most(
    action: str, agent: Reach, supervisor: Reach, admin: Reach
) -> None:
    assert tuple(reach_of(somebody(role), action) for role in Role) == (agent, supervisor, admin)


def test_whoever_has_no_right_is_refused() -> None:
    with pytest.raises(Forbidden):
        require(somebody(Role.SUPERVISOR), "agents.manage")

    assert require(somebody(Role.ADMIN), "agents.manage") is Reach.ALL


def test_screens_learn_only_what_can_be_done_at_all() -> None:
    assert "agents.manage" not in rights_of(somebody(Role.AGENT))
    assert set(rights_of(somebody(Role.ADMIN))) == set(POLICY)


def test_an_action_without_a_policy_is_a_defect() -> None:
    with pytest.raises(KeyError, match="make_tea"):
        may("make_tea")
    with pytest.raises(KeyError):
        reach_of(somebody(Role.ADMIN), "make_tea")


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        POLICY["self"] = {}  # type: ignore[index]


def test_a_route_that_says_nothing_stops_the_start() -> None:
    routes = APIRouter()

    @routes.get("/fine")
    async def fine(asked: Annotated[Asked, may("self")]) -> None:
        """For the signed-in."""

    @routes.get("/open", dependencies=[anyone()])
    async def open_(q: str = "") -> None:
        """For everybody."""

    @routes.post("/silent")
    async def silent() -> None:
        """Says nothing."""

    app = FastAPI(openapi_url=None)
    app.include_router(routes)

    with pytest.raises(RuntimeError, match=r"without a policy: \['POST'\] /silent"):
        check_routes(app)
    assert rights_of_routes(app) == {
        ("get", "/fine"): "self",
        ("get", "/open"): None,
        ("post", "/silent"): None,
    }
