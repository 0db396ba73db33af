"""The child process that serves mailboxes over IMAP in the demo and the tests (pymap, in memory).

Every user name is a mailbox, made when first used; one password opens them all. It tells its port
on standard output and ends when its standard input ends, so it never outlives its parent, however
that ended.
"""

from __future__ import annotations

import asyncio
import os
import sys
from argparse import ArgumentParser

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.config import IMAPConfig
from pymap.imap import IMAPServer, IMAPService
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext
from typing_extensions import override


class _Everybody(dict[str, UserMetadata]):
    """Knows every user: one password, a mailbox for each name."""

    def __init__(self, config: IMAPConfig, password: str) -> None:
        super().__init__()
        self._config, self._password = config, password

    @override
    def get(self, name: str, default: object = None) -> UserMetadata:
        if name not in self:
            self[name] = UserMetadata(self._config, name, password=self._password)
        return self[name]


async def serve(host: str, port: int, password: str) -> None:
    """Serve until standard input ends."""
    parser = ArgumentParser()
    DictBackend.add_subparser("dict", parser.add_subparsers(dest="backend"))
    IMAPService.add_arguments(parser)
    args = parser.parse_args(["--no-tls", "dict"])
    args.debug, args.passlib_cfg = False, None
    backend, config = await DictBackend.init(args, hash_context=Cleartext())
    config.apply_context()
    backend.login.users_dict = _Everybody(config, password)
    callback = ProxyProtocolReader(config.proxy_protocol).get_callback(
        IMAPServer(backend.login, config)
    )
    server = await asyncio.start_server(callback, host, port)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how the parent learns the port
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), os.environ["HUB_IMAP_PASSWORD"]))
