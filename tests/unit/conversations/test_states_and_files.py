"""States only move up; previews are short; files are named by what they are and never run."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from hub.conversations.files import (
    FILE_MOST,
    clean_name,
    file_response,
    keep_file,
    media_type_of,
)
from hub.conversations.model import Attachment, Direction, State, moves_up, preview_of
from hub.kernel.errors import Invalid
from hub.kernel.ids import AttachmentId
from hub.storage.blobs import FolderBlobs
from hub.web.problems import TooLarge
from tests.support.desk import NOON

REPORTS = st.lists(st.sampled_from(State), max_size=12)


def fate(reports: list[State], first: State = State.QUEUED) -> State:
    """The state after these reports, in this order."""
    state = first
    for report in reports:
        if moves_up(state, report):
            state = report
    return state


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (State.QUEUED, State.SENDING),
        (State.SENDING, State.UNKNOWN),
        (State.SENDING, State.SENT),
        (State.SENDING, State.FAILED),
        (State.UNKNOWN, State.SENT),  # the truth came later
        (State.UNKNOWN, State.FAILED),
        (State.SENT, State.DELIVERED),
        (State.SENT, State.FAILED),  # a bounce
        (State.SENT, State.READ),
        (State.DELIVERED, State.READ),
        (State.RECEIVED, State.READ),
    ],
)
def test_what_may_follow(before: State, after: State) -> None:
    assert moves_up(before, after)
    assert not moves_up(after, before)


def test_what_was_delivered_cannot_fail_and_what_failed_stays_so() -> None:
    assert not moves_up(State.DELIVERED, State.FAILED)
    assert not moves_up(State.READ, State.FAILED)
    assert not any(moves_up(State.FAILED, state) for state in State)


@pytest.mark.parametrize("state", State)
def test_the_same_report_twice_changes_nothing(state: State) -> None:
    assert not moves_up(state, state)


@pytest.mark.parametrize(
    "reports",
    list(itertools.permutations([State.SENDING, State.SENT, State.DELIVERED, State.READ])),
)
def test_reports_of_a_delivery_end_alike_in_any_order(reports: tuple[State, ...]) -> None:
    assert fate([*reports]) is State.READ


@given(REPORTS, REPORTS)
def test_a_state_never_goes_back(some: list[State], more: list[State]) -> None:
    before = fate(some)
    after = fate(more, before)

    assert after is before or moves_up(before, after)


# -- previews --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("hello", "hello"),
        ("  two\n\n lines\t ", "two lines"),
        ("", ""),
        ("你好\n世界", "你好 世界"),
        ("x" * 200, "x" * 160),
        (" " * 1_000 + "late", ""),  # only the beginning is looked at
    ],
)
def test_a_preview_is_one_short_line(text: str, shown: str) -> None:
    assert preview_of(text, Direction.IN, "Mia") == {
        "text": shown,
        "direction": "in",
        "author_name": "Mia",
    }


# -- files -----------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 64
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\a.txt", "a.txt"),
        ("发票 2026.pdf", "发票 2026.pdf"),
        ("gpj.\u202eexe", "gpj.exe"),  # no turning round of the reading direction
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"),
        ("nul\x00.txt", "nul.txt"),
        (" . ", "file"),
        ("", "file"),
        ("/", "file"),
        (".htaccess", "htaccess"),
        ("n" * 300 + ".txt", "n" * 200),
    ],
)
def test_a_files_name_is_only_a_name(given: str, shown: str) -> None:
    assert clean_name(given) == shown


@pytest.mark.parametrize(
    ("content", "declared", "kind"),
    [
        (PNG, "application/x-msdownload", "image/png"),
        (b"just words", "text/plain", "text/plain"),
        (b"just words", "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        (b"just words", "image/png", "application/octet-stream"),
        (b"just words", "text/html", "application/octet-stream"),
        (b"", "", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_bytes_say(content: bytes, declared: str, kind: str) -> None:
    assert media_type_of(content, declared) == kind


@pytest.mark.parametrize("content", [HTML, SVG, b"%PDF-1.7\n", b"just words"])
async def test_whatever_could_run_is_only_downloaded(content: bytes, tmp_path: Path) -> None:
    kept = await keep_file(FolderBlobs(tmp_path), "a.png", "image/png", content, NOON)

    answer = file_response(kept, content, inline=True)

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_picture_is_shown_when_asked(tmp_path: Path) -> None:
    kept = await keep_file(FolderBlobs(tmp_path), "a.png", "image/png", PNG, NOON)

    assert file_response(kept, PNG, inline=True).headers["content-type"] == "image/png"
    assert file_response(kept, PNG, inline=False).headers["content-type"] != "image/png"


def test_a_name_in_a_header_can_say_nothing_else() -> None:
    odd = Attachment(AttachmentId("a"), 'a";x="\\发.txt', "text/plain", 1, "d")

    header = file_response(odd, b"x", inline=False).headers["content-disposition"]

    assert header == (
        "attachment; filename=\"a_;x=__?.txt\"; filename*=UTF-8''a%22%3Bx%3D%22%5C%E5%8F%91.txt"
    )


async def test_an_empty_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path)

    with pytest.raises(Invalid):
        await keep_file(blobs, "a", "", b"", NOON)
    with pytest.raises(TooLarge):
        await keep_file(blobs, "a", "", b"x" * (FILE_MOST + 1), NOON)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a test may block
