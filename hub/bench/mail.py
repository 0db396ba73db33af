"""How many mails a second become conversations."""

from __future__ import annotations

import asyncio

from hub.bench.result import Result
from hub.channels.email.measure import measure_parse, measure_path


def measure(*, quick: bool) -> list[Result]:
    """Reading alone; to the conversation: parsed, customer, thread, commit; and the whole path,
    with the raw mails kept and synced before, which is the disk's speed.
    """
    count = 60 if quick else 200
    parse = measure_parse(count)
    path = asyncio.run(measure_path(count))
    return [
        Result("mail, read", parse.mails_per_second, "mails/s", parse.raw_per_second),
        Result("mail to conversation", path.read_per_second, "mails/s", None, 300),
        Result(
            "mail, kept and to conversation", path.path_per_second, "mails/s", path.raw_per_second
        ),
    ]
