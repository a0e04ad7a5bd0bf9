"""Several who begin and merge one table at once, and what is said where a store cannot be used."""

import asyncio
import threading
from pathlib import Path

import pytest

from storage.lake.merging import turn
from storage.lake.reach import LakeUnreachable, reach
from storage.lake.store import Lake
from tests.unit.storage.lake_facts import FIRST, LAST, NOON, all_at_once, fact, frame, load

AT_ONCE = 6


async def test_of_several_who_begin_and_merge_a_table_at_once_nobody_is_lost_or_there_twice(tmp_path: Path):
    def write(number: int, ready: threading.Barrier) -> None:
        lake = Lake(str(tmp_path), compact_above=2)
        ready.wait(timeout=60)
        asyncio.run(lake.append([frame(fact(campaign=f"{number}"))], f"load-{number}", NOON))

    assert await all_at_once(write, writers=AT_ONCE) == []
    rows = await Lake(str(tmp_path)).read([load(number) for number in range(AT_ONCE)], FIRST, LAST, simulated=False)
    assert sorted(rows["campaign"]) == [f"{number}" for number in range(AT_ONCE)]


def test_one_has_the_turn_until_it_ends(tmp_path: Path):
    lock = tmp_path / "new" / "facts.merging"
    with turn(lock) as mine:
        assert mine
        with turn(lock) as theirs:
            assert not theirs
        with turn(tmp_path / "lead.merging") as other:
            assert other
    with turn(lock) as again:
        assert again


async def test_whoever_has_no_turn_to_merge_leaves_the_table_as_it_is(tmp_path: Path):
    lake = Lake(str(tmp_path))
    for number in range(2):
        await lake.append([frame(fact(campaign=f"{number}"))], f"load-{number}", NOON)
    with turn(tmp_path / "facts.merging"):
        assert (await lake.compact("facts")).files_after == 2
    assert (await lake.compact("facts")).files_after == 1


S3 = "s3://bucket/lake/facts"
AWS = (
    "Error performing GET http://store/x in 2ms - Server returned non-2xx status code\n \x1b[31m↳\x1b[0m 403 Forbidden\n"
    "<Error><Code>SignatureDoesNotMatch</Code><Message>It does not match.</Message>"
    "<AWSAccessKeyId>AKIA1</AWSAccessKeyId><StringToSign>SIGNED</StringToSign></Error>"
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (AWS, f"the lake at {S3} cannot be used: SignatureDoesNotMatch, It does not match; look at"),
        (
            "Kernel error -> Generic S3 error\n \x1b[31m↳\x1b[0m HTTP error\n  \x1b[31m↳\x1b[0m tcp connect error\n"
            "   \x1b[31m↳\x1b[0m Connection refused (os error 111)",
            "cannot be used: tcp connect error: Connection refused (os error 111); look at COUNTERSIGN_LAKE_URL",
        ),
        (
            "object-store error: Error performing GET http://store/x (path: s3://bucket/x)\n\nCaused by:\n"
            "    0: client error (Connect)\n    1: dns error",
            "cannot be used: client error (Connect): dns error; look at",
        ),
        (
            "Error performing GET http://store/x in 2ms - Server returned non-2xx status code: 502 Bad Gateway: <html>x: y",
            "cannot be used: Server returned non-2xx status code: 502 Bad Gateway; look at",
        ),
        (
            "Generic MicrosoftAzure error \x1b[31m↳\x1b[0m Account must be specified",
            "cannot be used: Generic MicrosoftAzure error: Account must be specified; look at",
        ),
    ],
)
def test_of_a_store_that_cannot_be_used_one_line_tells_the_reason_alone(text: str, said: str):
    with pytest.raises(LakeUnreachable) as caught, reach(S3):
        raise OSError(text)
    words = str(caught.value)
    assert said in words
    assert not {"AKIA1", "SIGNED", "\n", "\x1b"} & {one for one in ("AKIA1", "SIGNED", "\n", "\x1b") if one in words}


@pytest.mark.parametrize("uri", ["/home/lake/facts", S3])
def test_errors_that_no_store_made_stay_what_they_are(uri: str):
    with pytest.raises(OSError, match="No space left on device"), reach(uri):
        raise OSError(28, "No space left on device")
