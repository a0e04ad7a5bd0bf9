"""Blocks of a file are read fast only where that comes to the same as reading it row by row."""

import hashlib
import random
from pathlib import Path

import polars as pl
import pytest

from agents.sources.exports.staged import Folder, frames_in
from agents.sources.text import rows
from agents.sources.text.rows import LINE, Piece, blocks
from agents.sources.text.sniff import Table, examine, hashed
from agents.sources.text.unreadable import UnreadableExport
from tests.unit.agents.exports.files import google, refusal, written

CELLS = ("", "1", "é", 'a"b', '"x"', '"x,y"', '"say ""hi"""', '""', "a b", " ")


def table(path: Path, width: int) -> Table:
    return Table(examine(path), ",", (), tuple(f"h{n}" for n in range(width)), 1)


def told(path: Path) -> list[tuple[object, ...]] | tuple[int | None, str]:
    try:
        return [row for block in blocks(table(path, 3)) for row in block.rows()]
    except UnreadableExport as error:
        return error.line, error.problem


def test_a_quote_inside_a_cell_does_not_make_up_for_a_missing_separator(tmp_path: Path):
    good = "A,2025-07-01,EUR,10,1,1.00"
    path = written(tmp_path, google(good, good.replace("A", 'A"'), good.removesuffix(",1.00"), good))
    assert refusal(path).line == 6


@pytest.mark.parametrize("seed", range(12))
def test_fast_and_strict_reading_agree(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch):
    rnd = random.Random(seed)
    for turn in range(40):
        lines = [
            ",".join(rnd.choice(CELLS) for _ in range(rnd.choice((3,) * 20 + (2, 4)))) for _ in range(rnd.randint(1, 9))
        ]
        text = rnd.choice(("\n", "\r\n")).join(("a,b,c", *lines, rnd.choice(("", lines[0]))))
        path = written(tmp_path, text, f"{turn}.csv")
        fast = told(path)
        with monkeypatch.context() as only:
            only.setattr(rows, "_fast", lambda _piece, _table: None)
            strict = told(path)
        if isinstance(fast, list) and isinstance(strict, list):
            # Blank lines are rows of empty cells to the one and none to the other.
            fast = [row for row in fast if any(str(cell).strip() for cell in row[:-1])]
            strict = [row for row in strict if any(str(cell).strip() for cell in row[:-1])]
        assert fast == strict, text


def test_letters_cut_by_the_edge_of_a_block_are_still_text(tmp_path: Path):
    for length in range(4):
        path = tmp_path / f"{length}.csv"
        path.write_bytes(b"x" * ((1 << 20) - length) + "😀".encode() + b"\n")
        assert examine(path).encoding == "utf-8"
        path.write_bytes(b"x" * ((1 << 20) - length) + "😀".encode()[:3] + b"\n")
        assert examine(path).encoding == "cp1252"


def test_the_hash_is_that_of_the_whole_file(tmp_path: Path):
    path = tmp_path / "large.csv"
    path.write_bytes(b"a,b\n" * (3 << 18))
    assert examine(path).sha256() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_goes_while_it_is_hashed_is_refused_by_name(tmp_path: Path):
    gone = hashed(tmp_path / "gone.csv")
    with pytest.raises(UnreadableExport, match=r"gone\.csv.*cannot be opened"):
        gone()


def test_a_piece_knows_its_line_ends_and_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "_BYTES", 64)
    path = written(tmp_path, "a,b,c\n" + '1,"two\nlines",3\n' * 40)
    pieces: list[Piece] = list(rows._texts(table(path, 3), None))
    assert len(pieces) > 3
    line = 2
    for piece in pieces:
        assert (piece.line, piece.ends, piece.quotes) == (line, piece.text.count(b"\n"), piece.text.count(b'"'))
        assert piece.quotes % 2 == 0
        line += piece.ends


def test_staged_rows_come_back_as_they_were(tmp_path: Path):
    frame = pl.DataFrame(
        {
            "same": ["x"] * 3_000,
            "ends_alike": ["a", *["b"] * 2_998, "a"],
            "some": [None, *["b"] * 2_999],
            "nothing": pl.Series([None] * 3_000, dtype=pl.Int64),
            "flag": [True] * 3_000,
            LINE: range(3_000),
        }
    )
    folder = Folder.new(tmp_path)
    for piece in (frame, frame.head(1), frame.select("same", "flag"), frame.clear()):
        folder.take("facts", piece)
    found = list(frames_in(folder.path, "facts"))
    whole, some = frame.schema, frame.select("same", "flag").schema
    assert [piece.schema for piece in found] == [whole, whole, some, whole]
    assert found[0].equals(frame)
    assert found[2].height == 3_000
    folder.begin(lambda: "a file, read once more")
    assert list(folder.path.iterdir()) == []
