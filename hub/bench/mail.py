"""How many mails a second become conversations."""

from __future__ import annotations

import asyncio

from hub.bench.result import Result
from hub.channels.email.measure import measure_parse, measure_path


def measure(*, quick: bool) -> list[Result]:
    """Reading alone, and the whole path: kept, parsed, customer, thread, commit."""
    count = 60 if quick else 200
    parse = measure_parse(count)
    path = asyncio.run(measure_path(count))
    return [
        Result("mail, read", parse.mails_per_second, "mails/s", parse.raw_per_second),
        Result("mail to conversation", path.path_per_second, "mails/s", path.raw_per_second, 300),
    ]
