"""Files as they came: one compressed copy each, the same bytes back, tokens where there were people."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.lake.landed import ContentChanged, LandedFiles, NotLanded, joined
from storage.lake.store import Lake

NOW = datetime(2025, 8, 1, tzinfo=UTC)


@pytest.fixture
def landed(tmp_path: Path) -> LandedFiles:
    return Lake(str(tmp_path / "lake")).landed


def put(folder: Path, name: str, content: bytes) -> tuple[Path, str]:
    path = folder / name
    path.write_bytes(content)
    return path, hashlib.sha256(content).hexdigest()


async def test_a_file_comes_back_byte_by_byte_and_much_smaller(landed: LandedFiles, tmp_path: Path):
    content = b"\xff\xfeDay,Cost\r\n" + b"2025-07-01,1.00\r\n" * 600_000
    path, sha = put(tmp_path, "report (1).csv", content)
    address = await landed.keep(path, sha, now=NOW)
    assert address == f"landed://{sha}"
    back = await landed.restore(address, tmp_path / "back")
    assert back.name == "report (1).csv"
    assert back.read_bytes() == content
    kept = sum(file.stat().st_size for file in (tmp_path / "lake").rglob("*.parquet"))
    assert kept < len(content) / 20
    (told,) = await landed.all()
    assert (told.sha256, told.name, told.tokens, told.bytes) == (sha, "report (1).csv", False, len(content))


async def test_the_same_content_is_kept_once_whatever_its_name(landed: LandedFiles, tmp_path: Path):
    one, sha = put(tmp_path, "a.csv", b"x")
    two, _ = put(tmp_path, "b.csv", b"x")
    await landed.keep(one, sha, now=NOW)
    await landed.keep(two, sha, now=NOW)
    assert [one.name for one in await landed.all()] == ["a.csv"]
    assert await landed.holds(sha)
    assert await landed.holds(f"landed://{sha}")


async def test_a_file_that_changed_meanwhile_is_not_kept(landed: LandedFiles, tmp_path: Path):
    path, sha = put(tmp_path, "a.csv", b"one")
    path.write_bytes(b"two")
    with pytest.raises(ContentChanged):
        await landed.keep(path, sha, now=NOW)
    assert not await landed.holds(sha)
    assert await landed.all() == ()
    with pytest.raises(NotLanded):
        await landed.restore(sha, tmp_path)


async def test_cells_with_tokens_are_kept_as_one_csv_over_all_pieces(landed: LandedFiles, tmp_path: Path):
    pieces = [
        pl.DataFrame({"E-mail": ["p_" + "a" * 26], "Note": ['say "hi", twice']}),
        pl.DataFrame({"E-mail": [None], "Note": ["zwei\nZeilen"]}, schema={"E-mail": pl.String, "Note": pl.String}),
    ]
    address = await landed.keep_cells(pieces, "ab" * 32, name="contacts.csv", now=NOW)
    back = pl.read_csv(await landed.restore(address, tmp_path / "back"))
    assert back.equals(pl.concat(pieces))
    assert (await landed.all())[0].tokens


async def test_a_name_cannot_lead_out_of_the_folder(landed: LandedFiles, tmp_path: Path):
    await landed.keep_cells([pl.DataFrame({"a": ["1"]})], "cd" * 32, name="../../etc/passwd", now=NOW)
    back = await landed.restore("cd" * 32, tmp_path / "back")
    assert back == tmp_path / "back" / "passwd"


@given(st.lists(st.binary(max_size=300), max_size=6))
def test_parts_hold_the_bytes_in_order_and_none_is_too_large(pieces: list[bytes]):
    parts = list(joined(pieces, size=64))
    assert b"".join(parts) == b"".join(pieces)
    assert all(len(part) == 64 for part in parts[:-1])
