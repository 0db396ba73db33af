"""Generated requests for every operation of the API: none is answered with a failure of ours."""

from __future__ import annotations

import asyncio
import json
import uuid
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode

from tests.support.hubprocess import HubProcess
from tests.support.nursery import Nursery
from tests.support.planting import PASSWORD

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]


async def test_no_request_is_answered_with_our_own_failure(
    nursery: Nursery, tmp_path: Path, many_faults: bool
) -> None:
    hub = HubProcess(nursery, tmp_path / "hub")
    await hub.plant({"agents": ["ann"], "admins": ["root"], "channels": []})
    await hub.start()
    async with httpx2.AsyncClient(base_url=hub.url, trust_env=False) as http:
        body = {"email": "root@desk.example", "password": PASSWORD}
        signed = await http.post("/api/session", json=body)
        spec = (await http.get("/api/openapi.json")).json()
        headers = {
            "cookie": f"hub_session={http.cookies['hub_session']}",
            "x-csrf": signed.json()["csrf"],
            "origin": hub.url,
        }

    tried = await asyncio.to_thread(
        _try_all, hub.url, spec, headers, examples=100 if many_faults else 4
    )

    assert tried > 100
    assert hub.is_alive
    assert "Traceback" not in hub.words()


def _try_all(url: str, spec: dict[str, Any], headers: dict[str, str], *, examples: int) -> int:
    spec["paths"]["/session"].pop("delete")  # it would end our own
    spec["paths"].pop("/agents/{agent_id}", None)  # it could disable us
    schema = schemathesis.openapi.from_dict(spec)
    schema.config.generation.update(modes=list(GenerationMode))
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # our document is sound

        @given(case=operation.as_strategy())
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.headers.update({**headers, "idempotency-key": str(uuid.uuid4())})
            answer = case.call(base_url=f"{url}/api")
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            if answer.status_code >= 400:
                told = json.loads(answer.content)
                assert {"status", "code", "title"} <= set(told), (case.as_curl_command(), told)

        ask()
    return tried
