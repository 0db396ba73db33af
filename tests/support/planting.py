"""Sets a hub up for outsiders who know nothing of its inside: people, a queue, channels."""

from __future__ import annotations

from typing import Any

from hub.agents import service as agents
from hub.agents.model import Role
from hub.app.hub import Hub
from hub.routing import service as routing
from hub.settings import Settings
from hub.storage.migrate import migrate
from hub.storage.unit import Unit

PASSWORD = "a long enough word"


async def plant(shop: dict[str, Any]) -> None:
    """Add what ``shop`` names: *agents* and *supervisors* (logins), *channels* (kind, key,
    settings, secrets). Everybody's work waits in one queue.
    """
    hub = Hub(Settings())
    migrate(hub.database.url, hub.clock.now())

    def work(unit: Unit) -> None:
        password = hub.passwords.hash(PASSWORD)
        made = [
            agents.add_agent(
                unit,
                email=f"{login}@desk.example",
                name=login.title(),
                role=role,
                password_hash=password,
            )
            for role, logins in (
                (Role.AGENT, shop["agents"]),
                (Role.SUPERVISOR, shop.get("supervisors", [])),
                (Role.ADMIN, shop.get("admins", [])),
            )
            for login in logins
        ]
        members = [agent.id for agent in made if agent.role is Role.AGENT]
        queue = routing.add_queue(
            unit,
            key="desk",
            name={"zh": "台", "en": "Desk"},
            medium="messaging",
            target=60_000,
            goal=0.8,
            members=members,
            wrap_up_mode="none",
            wrap_up_limit=None,
        )
        for channel in shop["channels"]:
            hub.registry.add(
                unit,
                kind=channel["kind"],
                key=channel["key"],
                name=channel["key"].title(),
                queue_id=queue.id,
                settings=channel.get("settings"),
                secrets=channel.get("secrets"),
            )

    await hub.database.start()
    try:
        await hub.database.write(work)
    finally:
        await hub.database.stop()
