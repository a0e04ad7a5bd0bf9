"""Whoever does whatever to a signed trail, even with the home's own key, is given away by the copies kept outside."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.database import Database
from storage.records.audit import Checkpoint
from storage.signing import Keyring
from tests.unit.storage.trails import grow, judge, recompute, sign, tamper

SIZE = 7
PLACES = st.integers(1, SIZE)


@dataclass(frozen=True)
class Original:
    """A signed trail, its keys and the copies that somebody else keeps."""

    path: Path
    keyring: Keyring
    copies: tuple[Checkpoint, ...]


@pytest.fixture(scope="module")
def original(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Original:
    folder = tmp_path_factory.mktemp("original")
    shutil.copy(migrated, folder / "trail.db")
    keyring = Keyring(folder / "keys")

    async def make() -> list[Checkpoint]:
        database = Database(folder / "trail.db")
        copies: list[Checkpoint] = []
        for count in (3, 1, SIZE - 4):
            await grow(database, count, word=f"approved_{count}_{len(copies)}")
            copies.append(await sign(database, keyring))
        await database.close()
        return copies

    return Original(folder / "trail.db", keyring, tuple(asyncio.run(make())))


def edited(place: int) -> list[str]:
    return [
        f"UPDATE audit SET body = replace(body, 'approved', 'rejected'), action = replace(action, 'approved', 'rejected') WHERE seq = {place}"
    ]


def deleted(place: int) -> list[str]:
    return [f"DELETE FROM audit WHERE seq = {place}"]


def cut(place: int) -> list[str]:
    return [f"DELETE FROM audit WHERE seq >= {place}"]


def swapped(places: tuple[int, int]) -> list[str]:
    first, second = places
    return [
        f"UPDATE audit SET seq = -1 WHERE seq = {first}",
        f"UPDATE audit SET seq = {first} WHERE seq = {second}",
        f"UPDATE audit SET seq = {second} WHERE seq = -1",
    ]


DEEDS = st.one_of(
    PLACES.map(edited),
    PLACES.map(deleted),
    PLACES.map(cut),
    st.tuples(PLACES, PLACES).filter(lambda places: places[0] != places[1]).map(swapped),
)


@settings(max_examples=60, deadline=None)
@given(
    deed=DEEDS,
    mended=st.booleans(),
    notes_gone=st.booleans(),
    signed_again=st.booleans(),
    more=st.integers(0, 9),
)
def test_no_deed_escapes_the_copies(
    original: Original, deed: list[str], mended: bool, notes_gone: bool, signed_again: bool, more: int
):
    """Mended: chain and head recomputed. Signed again: with the stolen key. More: life went on afterwards."""

    async def play(path: Path) -> None:
        database = Database(path)
        tamper(database, *deed)
        if mended:
            recompute(database)
            if notes_gone:
                tamper(database, "DELETE FROM audit_checkpoint")
            await grow(database, more)
            if notes_gone and signed_again:
                await sign(database, original.keyring)
        found = await judge(database, original.keyring, *original.copies)
        await database.close()
        assert not found.ok
        assert found.problem

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(shutil.copy(original.path, folder))))
