"""The `hub` command. Each of its deeds imports what it needs: who only serves loads no bench."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from pydantic import ValidationError

from hub.agents.model import Role
from hub.app import collector
from hub.bench.part import Part
from hub.settings import Settings, faults_of

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
users = typer.Typer(no_args_is_help=True, help="Add and change those who sign in.")
app.add_typer(users, name="user")
staff = typer.Typer(no_args_is_help=True, help="How many agents are needed, by Erlang's formulas.")
app.add_typer(staff, name="staff")


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for fault in faults_of(error):
            typer.echo(fault, err=True)
        raise typer.Exit(2) from None


def _made_settings() -> Settings:
    """Settings of a hub that has been made: exit status 3 when its schema does not fit."""
    from hub.storage.migrate import WrongSchema, check

    settings = _settings()
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        check(settings.database)
    except WrongSchema as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(3) from None
    return settings


def _bring_up_to_date(settings: Settings) -> tuple[str | None, str]:
    """Make the schema, or bring it up to date. Exit status 3 when a newer hub made it."""
    from hub.kernel.clock import SystemClock
    from hub.storage.migrate import WrongSchema, migrate as bring_up_to_date

    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return bring_up_to_date(settings.database, SystemClock().now())
    except WrongSchema as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(3) from None


@app.command()
def serve() -> None:
    """Run the hub."""
    settings = _settings()
    collector.rest()
    from hub.app import logs
    from hub.app.hub import Hub
    from hub.app.server import run as run_server, server
    from hub.storage.migrate import WrongSchema

    logs.set_up(settings.log_level, json=settings.log_json)

    async def run() -> bool:
        hub = Hub(settings)
        async with hub.running():
            collector.spare()
            await server(hub.app, settings.host, settings.port, part=hub.part).serve()
        return hub.database.is_broken

    try:
        broken = run_server(run())
    except WrongSchema as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(3) from None
    if broken:
        raise typer.Exit(70)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="where the pages are; 0 takes a free one")] = 8000,
    speed: Annotated[float, typer.Option(min=0.1, max=50, help="1 is life")] = 1.0,
    seed: Annotated[int, typer.Option(help="the same seed makes the same day")] = 7,
    folder: Annotated[Path, typer.Option(help="where the demo's data lives")] = Path("hub-demo"),
    reset: Annotated[bool, typer.Option("--reset", help="begin with a fresh shop")] = False,
    verbose: Annotated[bool, typer.Option("--verbose")] = False,
) -> None:
    """Open a shop's service desk with simulated customers and colleagues; you are one of its
    agents.
    """
    from hub.app import logs
    from hub.app.server import run as run_server
    from hub.demo.run import run as run_demo

    logs.set_up("info" if verbose else "error", json=False)
    run_server(run_demo(folder, port, speed=speed, seed=seed, reset=reset, tell=typer.echo))


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    before, after = _bring_up_to_date(_settings())
    typer.echo(f"schema {before or 'none'} -> {after}")


@app.command()
def verify() -> None:
    """Check the invariants of the data, read-only. Exit status 1 when one is broken."""
    from hub.app.verify import Finding, verify as verify_all

    settings = _made_settings()

    def tell(finding: Finding) -> None:
        typer.echo(f"{'holds ' if finding.holds else 'BROKEN'}  {finding.name}")
        for breach in finding.breaches:
            typer.echo(f"          {breach}")

    if not asyncio.run(verify_all(settings.database, settings.folder, tell)):
        raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Look at configuration, disk, limits and channels. Exit status 1 when something will
    not work.
    """
    from hub.app import logs
    from hub.app.doctor import examine

    settings = _settings()
    logs.set_up("error", json=False)

    async def run() -> bool:
        fit = True
        async for sign in examine(settings):
            typer.echo(f"{sign.state:<5} {sign.name}: {sign.words}")
            fit &= sign.state != "bad"
        return fit

    if not asyncio.run(run()):
        raise typer.Exit(1)


@app.command()
def bench(
    parts: Annotated[list[Part] | None, typer.Argument(help="none: all of them")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="small and rough")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="tell even what was measured on a busy machine")
    ] = False,
) -> None:
    """Measure the hub beside this machine's limits. Exit status 1 when a floor is missed."""
    from hub.app import logs
    from hub.bench.run import run as run_bench

    logs.set_up("error", json=False)
    fine = run_bench(
        parts or [],
        quick=quick,
        as_json=as_json,
        anyway=anyway,
        tell=typer.echo,
        note=partial(typer.echo, err=True),
    )
    if not fine:
        raise typer.Exit(1)


@app.command()
def simulate(
    files: Annotated[list[Path], typer.Argument(help="scenarios and loads; folders of them")],
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Play scenarios and loads through the router in virtual time. Exit status 1 when something
    expected does not come true.
    """
    from hub.routing.simulation.run import run as run_simulations

    note = partial(typer.echo, err=True)
    if not run_simulations(files, as_json=as_json, tell=typer.echo, note=note):
        raise typer.Exit(1)


@users.command("add")
def add_user(
    email: str,
    name: Annotated[str, typer.Option(help="what colleagues and customers see")],
    role: Annotated[Role, typer.Option()] = Role.AGENT,
    password_file: Annotated[
        Path | None, typer.Option(help="holds the password; without it one is made and printed")
    ] = None,
) -> None:
    """Add somebody who signs in."""
    from hub.agents import service as agents
    from hub.agents.passwords import Passwords
    from hub.kernel.errors import Refusal
    from hub.storage.database import Database

    settings = _settings()
    made = None if password_file else secrets.token_urlsafe(12)
    password = password_file.read_text().strip() if password_file else made
    assert password is not None

    async def run() -> None:
        database = Database(settings.database)
        await database.start()
        try:
            hashed = Passwords(settings.argon2_memory_kib).hash(password)
            await database.write(
                lambda unit: agents.add_agent(
                    unit, email=email, name=name, role=role, password_hash=hashed
                )
            )
        finally:
            await database.stop()

    _bring_up_to_date(settings)
    try:
        asyncio.run(run())
    except Refusal as refusal:
        typer.echo(refusal.message, err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{email} may sign in" + (f" with {made}" if made else ""))


@users.command("list")
def list_users() -> None:
    """Show everybody who signs in."""
    from hub.agents import store as agent_store
    from hub.storage.database import Database

    settings = _made_settings()

    async def run() -> None:
        database = Database(settings.database)
        try:
            for agent in await database.read(agent_store.every):
                state = "disabled" if agent.disabled else agent.role.value
                typer.echo(f"{agent.email}\t{agent.name}\t{state}")
        finally:
            await database.stop()

    asyncio.run(run())


Handle = Annotated[float, typer.Option(help="seconds of work for each customer, with wrap-up")]
Patience = Annotated[
    float | None, typer.Option(help="mean seconds until a waiting customer leaves; none: never")
]
ServiceLevel = Annotated[float, typer.Option(help="share to be answered in time")]
Within = Annotated[float, typer.Option(help="seconds that count as in time")]
Occupancy = Annotated[float, typer.Option(help="agents are busy at most this share of their time")]
Shrinkage = Annotated[float, typer.Option(help="share of paid time lost to the queue")]
AsJson = Annotated[bool, typer.Option("--json")]


@staff.command("pool")
def staff_pool(
    calls: Annotated[float, typer.Option(help="customers who come in one period")],
    handle: Handle,
    per: Annotated[float, typer.Option(min=1, help="minutes of that period")] = 30,
    agents: Annotated[int | None, typer.Option(help="none: the least for the goal")] = None,
    patience: Patience = None,
    places: Annotated[
        int | None, typer.Option(help="how many may wait; 0 is Erlang B, none: any number")
    ] = None,
    redial: Annotated[float, typer.Option(help="share of those who leave that calls again")] = 0,
    service_level: ServiceLevel = 0.8,
    within: Within = 20,
    occupancy: Occupancy = 1,
    shrinkage: Shrinkage = 0,
    as_json: AsJson = False,
) -> None:
    """What one pool of agents does: Erlang C, A with --patience, B with --places 0."""
    from hub.routing.staffing import telling
    from hub.routing.staffing.erlang import Demand
    from hub.routing.staffing.goals import Goal

    with _refusals():
        answer = telling.answer_pool(
            Demand(calls / (per * 60), handle, patience, places),
            Goal(service_level, within, occupancy),
            agents=agents,
            redial=redial,
            shrinkage=shrinkage,
        )
        _show(answer, telling.tell_pool(answer), as_json=as_json)


@staff.command("wait")
def staff_wait(
    ahead: Annotated[int, typer.Option(min=0, max=100_000, help="customers who wait ahead")],
    agents: Annotated[int, typer.Option(help="all of them busy")],
    handle: Handle,
    patience: Patience = None,
    as_json: AsJson = False,
) -> None:
    """How long a customer waits behind others."""
    from hub.routing.staffing import telling
    from hub.routing.staffing.waits import wait_behind

    with _refusals():
        answer = telling.answer_wait(wait_behind(ahead, agents, handle, patience))
        _show(answer, telling.tell_wait(answer), as_json=as_json)


@staff.command("plan")
def staff_plan(
    file: Annotated[Path, typer.Argument(help="CSV: start,volume,handle_time, or date as well")],
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day to forecast and plan")
    ] = None,
    minutes: Annotated[int, typer.Option(help="length of an interval")] = 30,
    patience: Patience = None,
    dispersion: Annotated[
        float | None, typer.Option(help="variance of counts over their mean; none: as measured")
    ] = None,
    service_level: ServiceLevel = 0.8,
    within: Within = 20,
    occupancy: Occupancy = 0.88,
    shrinkage: Shrinkage = 0,
    cost: Annotated[float, typer.Option(help="of one agent on the roster for one hour")] = 0,
    as_json: AsJson = False,
) -> None:
    """How many agents each interval of a day needs."""
    from hub.routing.staffing import telling
    from hub.routing.staffing.goals import Goal
    from hub.routing.staffing.plan import Terms

    with _refusals(file):
        answer = telling.answer_plan(
            file.read_text(encoding="utf-8-sig"),
            Terms(
                Goal(service_level, within, occupancy),
                minutes,
                patience,
                shrinkage=shrinkage,
                cost=cost,
            ),
            on=on.date() if on else None,
            dispersion=dispersion,
        )
        _show(answer, telling.tell_plan(answer), as_json=as_json)


@contextmanager
def _refusals(file: Path | None = None) -> Iterator[None]:
    """Tell what was refused and end with exit status 2."""
    from hub.kernel.errors import Invalid
    from hub.routing.staffing.telling import tell_faults

    try:
        yield
    except Invalid as refused:
        for line in tell_faults(refused):
            typer.echo(line, err=True)
    except OSError as error:
        typer.echo(f"{file}: {error.strerror}", err=True)
    except UnicodeDecodeError:
        typer.echo(f"{file}: not UTF-8", err=True)
    else:
        return
    raise typer.Exit(2)


def _show(answer: object, lines: Iterable[str], *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(answer)).decode())
    else:
        for line in lines:
            typer.echo(line)


if __name__ == "__main__":
    sys.exit(app())
