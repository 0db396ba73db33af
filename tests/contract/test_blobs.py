"""What keeping large things promises: once, safely, and never something else."""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from hub.storage.blobs import DamagedBlob, FolderBlobs, NoSuchBlob


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@given(content=st.binary(max_size=10_000))
@settings(max_examples=30)
def test_what_was_put_comes_back(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    blobs = FolderBlobs(tmp_path_factory.mktemp("blobs"))

    digest = blobs.put_now(content)

    assert digest == hashlib.sha256(content).hexdigest()
    assert blobs.get_now(digest) == content


async def test_the_same_content_is_kept_once_however_often_and_at_once(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    digests = await asyncio.gather(*(blobs.put(b"the plan" * 1_000) for _ in range(20)))

    assert len(set(digests)) == 1
    (kept,) = files(tmp_path)
    assert kept.name == digests[0]


async def test_a_blob_that_is_there_is_not_written_again(
    blobs: FolderBlobs, tmp_path: Path
) -> None:
    await blobs.put(b"the plan")
    (kept,) = files(tmp_path)
    before = kept.stat()

    await blobs.put(b"the plan")

    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


async def test_a_half_written_blob_is_written_whole(blobs: FolderBlobs, tmp_path: Path) -> None:
    digest = await blobs.put(b"the plan")
    (kept,) = files(tmp_path)
    kept.write_bytes(b"the")

    await blobs.put(b"the plan")

    assert await blobs.get(digest) == b"the plan"


async def test_a_damaged_blob_is_never_given_out(blobs: FolderBlobs, tmp_path: Path) -> None:
    digest = await blobs.put(b"the plan")
    (kept,) = files(tmp_path)
    kept.write_bytes(b"the plot")

    with pytest.raises(DamagedBlob):
        await blobs.get(digest)


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "0" * 64,
        "../../etc/passwd",
        "A" * 64,
        "0" * 63,
        "0" * 65,
        "0" * 62 + "/x",
        "..",
        "0" * 64 + "\n",
    ],
)
async def test_what_is_not_there_is_not_found_and_no_path_leads_out(
    blobs: FolderBlobs, digest: str
) -> None:
    with pytest.raises(NoSuchBlob):
        await blobs.get(digest)


async def test_only_the_owner_may_look_into_the_folder(blobs: FolderBlobs, tmp_path: Path) -> None:
    await blobs.put(b"the plan")

    (kept,) = files(tmp_path)
    for path in (tmp_path / "blobs", kept):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(("point", "is_kept"), [("IN3", False), ("IN4", True)])
def test_killed_while_writing_a_blob_is_whole_or_not_there(
    blobs: FolderBlobs, tmp_path: Path, point: str, is_kept: bool
) -> None:
    code = (
        "import sys; from pathlib import Path; from hub.storage.blobs import FolderBlobs;"
        "FolderBlobs(Path(sys.argv[1])).put_now(b'the plan')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "blobs")],
        env={**os.environ, "CRASH": point},
        check=False,
    )
    assert ended.returncode == -9

    digest = hashlib.sha256(b"the plan").hexdigest()
    if is_kept:
        assert blobs.get_now(digest) == b"the plan"
    else:
        with pytest.raises(NoSuchBlob):
            blobs.get_now(digest)
    assert blobs.get_now(blobs.put_now(b"the plan")) == b"the plan"
