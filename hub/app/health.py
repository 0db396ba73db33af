"""How the hub fares: alive or not for everybody, the numbers behind it for whoever may see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import override

from hub.agents.access import Reach, reach_of
from hub.agents.asking import signed_in
from hub.channels import store as channel_store
from hub.storage import subscriptions
from hub.web.problems import NotSignedIn, problem

if TYPE_CHECKING:
    from hub.app.hub import Hub


async def health(request: Request) -> Response:
    """200 while the hub can keep what it is given and its loops run; else 503 with what is
    wrong.
    """
    hub: Hub = request.app.state.parts
    faults = faults_of(hub)
    body = {"status": "ok" if not faults else "failing", "faults": faults}
    return JSONResponse(body, 200 if not faults else 503, headers={"cache-control": "no-store"})


def faults_of(hub: Hub) -> list[str]:
    """What is wrong now, in words; empty when all is well."""
    faults = [f"the loop {name} is down" for name in hub.loops.sick]
    if hub.database.is_broken:
        faults.append("the storage is broken")
    if hub.database.is_full:
        faults.append("the storage takes nothing now")
    if hub.loops.lag > 1.0:
        faults.append(f"the event loop is {hub.loops.lag:.1f} s late")
    return faults


class _Numbers(Collector):
    """The hub's numbers in the words of Prometheus, read when they are asked for."""

    def __init__(
        self, hub: Hub, rows: dict[str, dict[tuple[str, str], int]], lag: dict[str, int]
    ) -> None:
        self._hub = hub
        self._rows = rows
        self._lag = lag

    @override
    def collect(self) -> Iterator[Metric]:
        hub = self._hub
        counts = hub.database.counts
        for name, help_, value in (
            ("hub_commits", "Transactions committed", counts.commits),
            ("hub_works", "Pieces of work written", counts.works),
            ("hub_events", "Events appended to the log", counts.events),
            ("hub_received", "Messages received, repeats included", hub.inbox.received),
            ("hub_received_repeats", "Messages that were known already", hub.inbox.duplicates),
        ):
            yield CounterMetricFamily(name, help_, value)
        for name, help_, gauge in (
            ("hub_log_position", "Number of the last event passed on", hub.tail.position),
            ("hub_loop_lag_seconds", "How late the event loop is", hub.loops.lag),
            ("hub_sockets", "Open sockets of agents and visitors", hub.sockets),
            ("hub_up", "1 while nothing is wrong", 0 if faults_of(hub) else 1),
        ):
            yield GaugeMetricFamily(name, help_, gauge)
        yield from self._by_state()
        behind = GaugeMetricFamily(
            "hub_subscription_lag", "Events a subscription is behind", labels=["subscription"]
        )
        for subscription, events in self._lag.items():
            behind.add_metric([subscription], events)
        yield behind
        deaths = CounterMetricFamily("hub_loop_deaths", "Times a loop died", labels=["loop"])
        for loop, pulse in hub.loops.pulses.items():
            deaths.add_metric([loop], pulse.deaths)
        yield deaths

    def _by_state(self) -> Iterator[Metric]:
        for name, help_ in (
            ("hub_inbox", "Raw messages by state: the incoming half of the balance"),
            ("hub_outbox", "Sends by state: the outgoing half of the balance"),
        ):
            family = GaugeMetricFamily(name, help_, labels=["channel", "state"])
            for (channel, state), count in self._rows[name].items():
                family.add_metric([channel, state], count)
            yield family


async def metrics(request: Request) -> Response:
    """The numbers, for an administrator or whoever has the token of ``HUB_METRICS_TOKEN``; as good
    as not there else.
    """
    hub: Hub = request.app.state.parts
    if not await _may_see(request, hub):
        return problem(404, "not_found", "There is no such thing.")
    rows = {
        "hub_inbox": await hub.database.read(channel_store.inbox_counts),
        "hub_outbox": await hub.database.read(channel_store.outbox_counts),
    }
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(hub, rows, await hub.database.read(subscriptions.lag)))
    return Response(
        generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8"
    )


async def _may_see(request: Request, hub: Hub) -> bool:
    token = hub.settings.metrics_token
    if token is not None:
        given = request.headers.get("authorization", "")
        if given == f"Bearer {token.get_secret_value()}":
            return True
    try:
        agent, _ = await signed_in(request, hub.database)
    except NotSignedIn:
        return False
    return reach_of(agent, "metrics.read") is not Reach.NONE
