"""Mutated files: taken in whole or refused with the file named; never a crash, never half a load."""

import gzip
import io
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.sources.exports.export import stage
from agents.sources.text import rows
from agents.sources.text.unreadable import UnreadableExport
from storage.lake.facts import REPORTED
from tests.unit.agents.exports.files import SAMPLES, TODAY, google, refusal, written

FILES = sorted(path.name for path in SAMPLES.glob("*.csv") if "offline" not in path.name and "single" not in path.name)


def text_of(raw: bytes) -> str:
    if raw.startswith(b"\xff\xfe"):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


TEXTS = {name: text_of((SAMPLES / name).read_bytes()) for name in FILES}
NASTY = (
    "",
    ",",
    '"',
    '""',
    "\x00",
    "\ufeff",
    "\u202e",
    '=HYPERLINK("http://x")',
    "@SUM(A1)",
    "+1-1",
    "-",
    " --",
    "< 10%",
    "9" * 30,
    "1e309",
    "NaN",
    "∞",
    "1.234.567,89",
    "1,23,456",
    "0x10",
    "31/02/2025",
    "2025-13-01",
    "9999-12-31",
    "0001-01-01",
    "Total",
    "Grand total",
    "# remark",
    "©",
    "kr 5",
    "$5",
    "EUR",
    "x" * 5_000,
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
)
Mutation = Callable[[random.Random, str, bytes], bytes]


def cut(rnd: random.Random, _text: str, raw: bytes) -> bytes:
    return raw[: rnd.randrange(len(raw) + 1)]


def flip(rnd: random.Random, _text: str, raw: bytes) -> bytes:
    changed = bytearray(raw)
    for _ in range(rnd.randrange(1, 8) if raw else 0):
        changed[rnd.randrange(len(changed))] = rnd.randrange(256)
    return bytes(changed)


def recode(rnd: random.Random, text: str, _raw: bytes) -> bytes:
    encoding = rnd.choice(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-32", "cp037"))
    return text.encode(encoding, "replace")


def endings(rnd: random.Random, text: str, _raw: bytes) -> bytes:
    return text.replace("\n", rnd.choice(("\r\n", "\r", "\n\n", "\n \n"))).encode()


def cells(rnd: random.Random, text: str, _raw: bytes) -> bytes:
    lines = text.split("\n")
    for _ in range(rnd.randrange(1, 6)):
        at = rnd.randrange(len(lines))
        parts = lines[at].split(rnd.choice((",", ";", "\t")))
        parts[rnd.randrange(len(parts))] = rnd.choice(NASTY)
        lines[at] = ",".join(parts)
    return "\n".join(lines).encode("utf-8", "replace")


def lines(rnd: random.Random, text: str, _raw: bytes) -> bytes:
    found = text.split("\n")
    for _ in range(rnd.randrange(1, 6)):
        at = rnd.randrange(len(found))
        what = rnd.randrange(4)
        if what == 0:
            del found[at]
        elif what == 1:
            found.insert(at, rnd.choice(found))
        elif what == 2:
            found.insert(at, rnd.choice(NASTY))
        else:
            found[at], found[-1] = found[-1], found[at]
        found = found or [""]
    return "\n".join(found).encode("utf-8", "replace")


def columns(rnd: random.Random, text: str, _raw: bytes) -> bytes:
    """Cells of every line in another order, the same for lines of the same width."""
    orders: dict[int, list[int]] = {}
    shuffled = []
    for line in text.split("\n"):
        parts = line.split(",")
        order = orders.setdefault(len(parts), rnd.sample(range(len(parts)), len(parts)))
        shuffled.append(",".join(parts[at] for at in order))
    return "\n".join(shuffled).encode("utf-8", "replace")


MUTATIONS: tuple[Mutation, ...] = (cut, flip, recode, endings, cells, lines, columns)


def taken_whole_or_refused(path: Path, folder: Path) -> bool:
    """Whether the file was taken; either way nothing is left behind and what was taken holds together."""
    try:
        with stage(path, folder, today=TODAY) as staged:
            report = staged.report
            frames = list(staged.frames())
            facts = pl.concat(frames) if frames else REPORTED.to_frame()
            aside = list(staged.quarantined())
    except UnreadableExport as error:
        refused: UnreadableExport | None = error
    else:
        refused = None
    assert list(folder.iterdir()) == []
    if refused is not None:
        assert str(refused).startswith(str(path))
        assert refused.problem
        assert refused.remedy
        assert "\n" not in str(refused)
        return False
    assert facts.schema == REPORTED
    assert report.rows_by_dataset.get("facts", 0) == facts.height
    assert report.rows_quarantined == len(aside)
    assert all(row.reason and row.line for row in aside)
    spent = facts.filter(pl.col("spend_micros").is_not_null()).group_by("currency").agg(pl.col("spend_micros").sum())
    assert report.spend == {code: Decimal(micros).scaleb(-6) for code, micros in spent.rows()}
    # Every row of the file is a fact, set aside or dropped by name: none is lost in silence.
    assert report.rows_read == facts.height + len(aside) + len(report.rows_dropped)
    assert not {row.line for row in aside} & set(facts["line"])
    return True


@pytest.mark.parametrize("name", FILES)
def test_every_sample_holds_together(tmp_path: Path, name: str):
    if name == "shop_ads.csv":
        pytest.skip("is read with the mapping beside it")
    assert taken_whole_or_refused(SAMPLES / name, tmp_path / "staging")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(FILES),
    mutations=st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=3),
    seed=st.integers(0, 2**32),
)
def test_a_mutated_file_is_taken_whole_or_refused(tmp_path: Path, name: str, mutations: list[Mutation], seed: int):
    rnd = random.Random(seed)
    text = TEXTS[name]
    raw = (SAMPLES / name).read_bytes()
    for mutate in mutations:
        raw = mutate(rnd, text, raw)
        text = raw.decode("utf-8", "replace")
    path = tmp_path / name
    path.write_bytes(raw)
    taken_whole_or_refused(path, tmp_path / "staging")


CELLS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_characters='"\n\r,', exclude_categories=["Cs"]), max_size=12),
    st.integers(-(10**20), 10**20).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    st.dates().map(str),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.lists(
        st.lists(CELLS.filter(lambda text: '"' not in text and "," not in text), min_size=6, max_size=6), max_size=12
    )
)
def test_any_cells_under_a_known_header_are_taken_whole_or_refused(tmp_path: Path, table: list[list[str]]):
    path = written(tmp_path, google("A,2025-07-01,EUR,10,1,1.00", *(",".join(row) for row in table)))
    taken_whole_or_refused(path, tmp_path / "staging")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=600))
def test_any_bytes_are_refused_or_taken(tmp_path: Path, raw: bytes):
    path = tmp_path / "any.csv"
    path.write_bytes(raw)
    taken_whole_or_refused(path, tmp_path / "staging")


def test_a_shuffled_header_gives_the_same_facts(tmp_path: Path):
    rnd = random.Random(7)
    plain = google(*(f"A{n},2025-07-{n:02d},EUR,{n}0,{n},{n}.25" for n in range(1, 20)))
    with stage(written(tmp_path, plain), tmp_path / "staging") as staged:
        expected = pl.concat(staged.frames())
    for _ in range(5):
        head, body = plain.split("\n")[:2], plain.split("\n")[2:]
        shuffled = columns(rnd, "\n".join(body), b"").decode()
        path = written(tmp_path, "\n".join([*head, shuffled]), "shuffled.csv")
        with stage(path, tmp_path / "staging") as staged:
            assert pl.concat(staged.frames()).equals(expected)


MEASURED = """
import sys
from pathlib import Path
from agents.sources.exports.export import read_export
from agents.sources.text.unreadable import UnreadableExport
from bot.commands.bench_ingest import peak_mb
try:
    read_export(Path(sys.argv[1]))
except UnreadableExport as error:
    print(error.line or 0, round(peak_mb() * 1_000))
"""


@pytest.mark.parametrize("letter", ["x", '"', ",", "1"])
def test_a_hundred_megabytes_on_one_line_are_refused_fast_and_in_bounded_memory(tmp_path: Path, letter: str):
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(google("A,2025-07-01,EUR,10,1,1.00").encode())
        for _ in range(100):
            file.write(letter.encode() * (1 << 20))
    start = perf_counter()
    done = subprocess.run([sys.executable, "-c", MEASURED, path], capture_output=True, text=True, check=True)
    seconds = perf_counter() - start
    line, kilobytes = map(int, done.stdout.split())
    assert line in (0, 4, 5)
    assert kilobytes < 400_000, "a tenth of the file would be kept in memory several times over otherwise"
    assert seconds < 30, "seconds, most of them for starting Python"


def test_a_hundred_megabytes_without_any_line_end_are_refused(tmp_path: Path):
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"Campaign,Cost,Impr.," * (1 << 16))
    assert refusal(path).remedy


def test_archives_are_refused_without_being_unpacked(tmp_path: Path):
    bomb = tmp_path / "bomb.csv"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("report.csv", "w") as inside:
        for _ in range(64):
            inside.write(bytes(1 << 20))
    assert bomb.stat().st_size < 1 << 20
    assert "zip archive" in refusal(bomb).problem
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as out:
        out.write(bytes(64 << 20))
    bomb.write_bytes(packed.getvalue())
    assert "gzip" in refusal(bomb).problem


def test_a_quote_that_is_never_closed_in_a_large_file_names_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "_BYTES", 4096)
    good = [f"A{n},2025-07-01,EUR,10,1,1.00" for n in range(400)]
    error = refusal(written(tmp_path, google(*good, '"B,2025-07-02,EUR,10,1,1.00', *good)))
    assert error.line == 404
    assert "quot" in error.problem
