"""However a file is damaged: it is read whole, or refused with a line that says why; never half, never a crash."""

import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.sources.entities.proposal import propose
from agents.sources.entities.recognise import recognise, recognise_path
from agents.sources.text.declared import Declared
from agents.sources.text.sniff import examine
from agents.sources.text.unreadable import UnreadableExport
from tests.unit.agents.entities.files import SAMPLES, TODAY, Got, got, written

NAMES = sorted(path.name for path in SAMPLES.iterdir())
_ODD = [
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "1e400",
    "NaN",
    "\u202e",
    "', DROP TABLE x;--",
    "9" * 40,
    "-1",
    "💥",
    "\x00",
    '"',
    ";;",
    "1,5",
    "32.13.2024",
]
_ANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(path: Path) -> Got | UnreadableExport | None:
    """What reading comes to: rows, a refusal, or a file that nobody knows."""
    declared = Declared(today=TODAY)
    try:
        file = recognise_path(path, declared)
        if file is None:
            found = recognise(examine(path), declared)
            if found is None:
                propose(examine(path))
                return None
            file = found[1]
        return got(file)
    except UnreadableExport as error:
        return error


def sound(result: Got | UnreadableExport | None) -> None:
    if isinstance(result, UnreadableExport):
        assert str(result.path) in str(result)
        assert len(str(result)) < 1500
    if isinstance(result, Got):
        tally = result.tally
        assert tally.rows_by_dataset == {
            name: sum(frame.height for frame in result.frames.get(name, [])) for name in tally.datasets
        }
        assert tally.rows_quarantined == len(result.quarantined)
        assert tally.rows_quarantined <= 3 or tally.rows_quarantined <= tally.rows_read * 0.05


def mutated(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(chance.randint(1, 3)):
        kind = chance.choice(["cut", "bytes", "cell", "shuffle", "again", "drop", "recode", "quote", "zeros"])
        place = chance.randrange(max(1, len(lines)))
        if kind == "cut":
            return b"\n".join(lines)[: chance.randrange(len(data) + 1)]
        if kind == "bytes":
            lines[place] = lines[place] + bytes(chance.randrange(256) for _ in range(4))
        elif kind == "cell":
            cells = lines[place].split(b",")
            cells[chance.randrange(len(cells))] = chance.choice(_ODD).encode()
            lines[place] = b",".join(cells)
        elif kind == "shuffle":
            cells = lines[0].split(b",")
            chance.shuffle(cells)
            lines[0] = b",".join(cells)
        elif kind == "again":
            lines.insert(place, lines[chance.randrange(len(lines))])
        elif kind == "drop":
            lines.pop(place)
            lines = lines or [b""]
        elif kind == "recode":
            return b"\n".join(lines).decode("utf-8", "replace").encode("utf-16")
        elif kind == "quote":
            lines[place] = lines[place].replace(b",", b',"', 1)
        else:
            lines[place] = lines[place] + b"\x00" * 8
    return b"\n".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_samples_are_read_whole_or_refused(tmp_path: Path, name: str):
    chance = random.Random(name)
    data = (SAMPLES / name).read_bytes()
    for turn in range(25):
        path = tmp_path / f"{turn}-{name}"
        path.write_bytes(mutated(data, chance))
        sound(outcome(path))
        path.unlink()


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".csv")])
def test_columns_in_another_order_make_no_difference(tmp_path: Path, name: str):
    import csv
    import io

    text = (SAMPLES / name).read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    width = len(rows[0])
    if any(len(row) != width for row in rows) or name.startswith("eurofxref"):
        pytest.skip("a report with a footer, or one whose first column is the day")
    order = list(range(width))
    random.Random(1).shuffle(order)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([row[place] for place in order] for row in rows)
    before = outcome(SAMPLES / name)
    folder = tmp_path / "moved"
    folder.mkdir()
    after = outcome(written(folder, out.getvalue(), name))
    assert isinstance(before, Got)
    assert isinstance(after, Got)
    for dataset in before.frames:
        one, other = (read.frame(dataset).drop("line") for read in (before, after))
        assert one.equals(other)


@_ANY
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes):
    path = tmp_path / "any.bin"
    path.write_bytes(data)
    sound(outcome(path))


@_ANY
@given(
    st.lists(
        st.tuples(
            st.text(string.printable, max_size=12),
            st.text(max_size=12),
            st.sampled_from(["2026-01-01", "", "x", "1/2/26"]),
        ),
        max_size=8,
    )
)
def test_any_rows_below_a_known_header_are_read_or_refused(tmp_path: Path, rows: list[tuple[str, str, str]]):
    import csv
    import io

    out = io.StringIO()
    csv.writer(out).writerows([("Record ID", "Email", "Create Date"), *rows])
    path = tmp_path / "rows.csv"
    path.write_bytes(out.getvalue().encode("utf-8", "surrogatepass"))
    sound(outcome(path))


@_ANY
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["event", "timestamp", "user_id", "properties", "id"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_json_is_read_or_refused(tmp_path: Path, value: object):
    import json

    path = tmp_path / "any.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    sound(outcome(path))
    path.write_text(
        '{"event":"e","timestamp":"2026-01-01T00:00:00Z","user_id":"u"}\n' + json.dumps(value), encoding="utf-8"
    )
    sound(outcome(path))


def test_one_endless_line_of_json_is_refused_fast(tmp_path: Path):
    path = tmp_path / "endless.json"
    with path.open("w", encoding="utf-8") as file:
        file.write('{"event":"')
        for _ in range(40):
            file.write("x" * (1 << 20))
    started = time.monotonic()
    error = outcome(path)
    assert isinstance(error, UnreadableExport)
    assert "more than 8 MB" in error.problem
    assert time.monotonic() - started < 5


def test_a_field_of_wordpress_without_an_end_is_cut_and_said(tmp_path: Path):
    whole = (SAMPLES / "wordpress.xml").read_text(encoding="utf-8").replace("Secret", "S" * 300_000)
    result = outcome(written(tmp_path, whole, "site.xml"))
    assert isinstance(result, Got)
    assert max(len(title) for title in result.column("content", "title")) == 100_000
    assert result.tally.notes == ("1 overlong fields were cut",)


def test_a_refused_file_hands_over_nothing_that_counts(tmp_path: Path):
    header = "Record ID,Email,Create Date\n"
    rows = "".join(f"{n},a{n}@x.com,{'2026-01-01' if n % 2 else 'never'}\n" for n in range(100))
    assert isinstance(outcome(written(tmp_path, header + rows)), UnreadableExport)
