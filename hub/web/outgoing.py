"""The one client for addresses that people typed in: it connects to what is public or listed only.

The name is resolved once, every address is checked, and the connection goes to the checked address
with the name kept for TLS and ``Host``. No redirects, ports 80 and 443 (or listed), bounded time
and answer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import httpx2
from starlette.datastructures import URL

from hub.kernel.errors import Fault, Invalid

TIMEOUT = 10.0
ANSWER_MOST = 64 * 1024
MAIL_PORTS = frozenset({25, 143, 465, 587, 993, 2525})


class ForbiddenTarget(Invalid):
    """The hub does not connect there."""

    code = "forbidden_target"


class NotReached(Exception):
    """Nothing was sent: the connection could not be made."""


class AnswerLost(Exception):
    """It was sent, and the answer did not come: it may have been taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered: status, and the beginning of its body."""

    status: int
    body: bytes


class Outgoing:
    """Calls the outside.

    ``allowed``: ``host:port`` pairs that may be private (a simulator, an internal system);
    ``timeout``: how many seconds each step of a call may take.
    """

    def __init__(self, allowed: Collection[str] = (), timeout: float = TIMEOUT) -> None:
        self._allowed = frozenset(allowed)
        self._timeout = timeout

    @cached_property
    def _client(self) -> httpx2.AsyncClient:
        # reads all certificates of the authorities: a tenth of a start, for a hub that calls nobody
        return httpx2.AsyncClient(timeout=self._timeout, follow_redirects=False, trust_env=False)

    async def close(self) -> None:
        if "_client" in self.__dict__:
            await self._client.aclose()

    async def check(self, url: str) -> tuple[URL, str]:
        """The URL, and the address to connect to. ``ForbiddenTarget`` with the reason."""
        target = URL(url)
        host = (target.hostname or "").removesuffix(".")
        port = target.port or (443 if target.scheme == "https" else 80)
        if target.scheme not in {"http", "https"} or not host or target.username or target.password:
            raise _forbidden("an http or https address without a user")
        try:
            host.encode("ascii")
        except UnicodeError:
            raise _forbidden("the host in ASCII") from None
        is_listed = f"{host}:{port}" in self._allowed
        if not is_listed and port not in {80, 443}:
            raise _forbidden("port 80 or 443")
        addresses = await _resolve(host, port)
        if not is_listed and not all(_is_public(address) for address in addresses):
            raise _forbidden("a public address")
        return target, addresses[0]

    async def check_line(self, host: str, port: int, *, is_secret: bool) -> None:
        """For lines that others make (mail): ``ForbiddenTarget`` where the hub must not connect.

        ``NotReached`` when nobody knows the host. Without TLS (not ``is_secret``) only listed
        servers will do.
        """
        if f"{host}:{port}" in self._allowed:
            return
        if not is_secret:
            raise ForbiddenTarget(None, Fault("/security", "must be tls or starttls"))
        if port not in MAIL_PORTS:
            raise ForbiddenTarget(None, Fault("/port", "must be a port for mail, or a listed one"))
        if not all(_is_public(address) for address in await _resolve(host, port)):
            raise ForbiddenTarget(None, Fault("/host", "must be a public or a listed one"))

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Post once.

        ``NotReached`` before anything left, ``AnswerLost`` after; ``ForbiddenTarget`` never
        connects.
        """
        return await self._call("POST", url, body, headers)

    async def get(self, url: str, headers: dict[str, str]) -> Answer:
        """Ask for something. Fails as ``post`` does."""
        return await self._call("GET", url, None, headers)

    async def _call(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        target, address = await self.check(url)
        pinned = target.replace(hostname=f"[{address}]" if ":" in address else address)
        request = self._client.build_request(
            method,
            str(pinned),
            content=body,
            headers={**headers, "host": target.netloc},
            extensions={"sni_hostname": (target.hostname or "").removesuffix(".")},
        )
        try:
            answer = await self._client.send(request, stream=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise NotReached(str(error) or type(error).__name__) from error
        except httpx2.HTTPError as error:
            raise AnswerLost(str(error) or type(error).__name__) from error
        try:
            async with asyncio.timeout(self._timeout):
                return Answer(answer.status_code, await _beginning(answer))
        except (httpx2.HTTPError, TimeoutError):
            return Answer(answer.status_code, b"")
        finally:
            await answer.aclose()


async def _beginning(answer: httpx2.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in answer.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size >= ANSWER_MOST:
            break
    return b"".join(parts)[:ANSWER_MOST]


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotReached(f"{host} is not known: {error}") from error
    return [str(info[4][0]) for info in found]


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour
        if inner is None and parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return parsed.is_global and not parsed.is_multicast


def _forbidden(wanted: str) -> ForbiddenTarget:
    return ForbiddenTarget(None, Fault("/url", f"must be {wanted}"))
