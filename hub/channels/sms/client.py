"""Twilio's own client, speaking through the hub's one careful door to the outside."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from typing_extensions import override

from hub.channels.model import Account
from hub.web.outgoing import Outgoing

HOME = "https://api.twilio.com"


class Door(AsyncHttpClient):  # type: ignore[misc] # twilio brings no types
    """Carries the client's requests to ``base`` instead of Twilio's own address."""

    def __init__(self, outgoing: Outgoing, base: str) -> None:
        super().__init__(logging.getLogger("hub.sms"), True, None)
        self._outgoing = outgoing
        self._base = base.rstrip("/")

    @override
    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        url = self._base + uri.removeprefix(HOME)
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        if method == "GET":
            answer = await self._outgoing.get(url, sent)
        else:
            body = urlencode(data or {}, doseq=True).encode()
            answer = await self._outgoing.post(url, body, sent)
        return Response(answer.status, answer.body.decode("utf-8", "replace"), {})


def client_of(account: Account, outgoing: Outgoing) -> Client:
    """A client for an account; its settings may name another ``api_base``, a simulator's."""
    return Client(
        account.settings["account_sid"],
        account.secrets["auth_token"],
        http_client=Door(outgoing, account.settings.get("api_base") or HOME),
        environment={"TWILIO_EDGE": ""},  # what this process inherited is none of the account's
    )
