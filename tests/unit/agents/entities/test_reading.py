"""What holds for every layout: nothing is guessed, nothing half-lands, bad rows come back as they stood."""

from pathlib import Path

import pytest

from agents.sources.entities.mapping import read_entity_mapping
from agents.sources.entities.recognise import recognise, recognise_mapped, recognise_path
from agents.sources.text.declared import Declared
from agents.sources.text.sniff import examine
from agents.sources.text.unreadable import UnreadableExport
from storage.contracts.columns import schema_of
from storage.contracts.entities import BY_DATASET
from tests.unit.agents.entities.files import SAMPLES, TODAY, Got, at, got, known, refusal, sample, written

HEADER = "Record ID,Email,Create Date\n"


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_every_frame_has_exactly_the_columns_of_its_contract(name: str):
    read = sample(name)
    assert read.tally.rows_by_dataset == {
        dataset: sum(frame.height for frame in read.frames.get(dataset, [])) for dataset in read.tally.datasets
    }
    for dataset, frames in read.frames.items():
        for frame in frames:
            assert frame.schema == schema_of(BY_DATASET[dataset])


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.iterdir()))
def test_every_row_lands_is_dropped_or_is_set_aside(name: str):
    read = sample(name)
    lines = {row["line"] for dataset in read.frames for row in read.rows(dataset)}
    assert not lines & set(read.reasons())
    assert len(read.quarantined) == read.tally.rows_quarantined


def test_other_files_are_nobody_s(tmp_path: Path):
    path = written(tmp_path, "Campaign,Day,Impr.,Clicks,Cost\nA,2026-01-01,1,1,1.00\n")
    assert recognise(examine(path), Declared()) is None
    assert recognise_path(path) is None


def test_more_headers_known_is_a_higher_score(tmp_path: Path):
    few = recognise(examine(written(tmp_path, HEADER + "1,a@x.com,2026-01-01\n")), Declared())
    more = recognise(examine(SAMPLES / "hubspot_contacts.csv"), Declared())
    assert few is not None
    assert more is not None
    assert few[0] == 3
    assert more[0] > few[0]


def test_three_bad_rows_are_set_aside_and_a_fourth_refuses_a_short_file(tmp_path: Path):
    good = [f"{n},a{n}@x.com,2026-01-01 10:00" for n in range(40)]
    bad = ["90,b@x.com,gestern"] * 3
    assert got(known(written(tmp_path, HEADER + "\n".join([*good, *bad]) + "\n"))).tally.rows_quarantined == 3
    error = refusal(written(tmp_path, HEADER + "\n".join([*good, *bad, *bad]) + "\n"))
    assert error.problem.startswith("6 of 46 rows cannot be read (lines 42, 43, 44 and others)")
    assert "“Create Date”" in error.problem


def test_a_file_without_rows_is_refused(tmp_path: Path):
    assert "no rows of data" in refusal(written(tmp_path, HEADER)).problem


def test_what_lies_in_the_future_is_set_aside(tmp_path: Path):
    rows = [f"{n},a{n}@x.com,2026-01-01 10:00" for n in range(40)] + ["99,z@x.com,2031-01-01 10:00"]
    read = got(known(written(tmp_path, HEADER + "\n".join(rows) + "\n")))
    assert list(read.reasons()) == [42]
    assert "future" in read.reasons()[42]


def test_empty_rows_are_dropped_and_named(tmp_path: Path):
    read = got(known(written(tmp_path, "Record ID,Email,Note\n1,a@x.com,\n,,only a note\n2,b@x.com,\n")))
    assert read.dropped() == {3: "empty row"}
    assert read.tally.rows_by_dataset == {"lead": 2}


def test_rows_set_aside_are_read_again_from_the_file_with_those_that_belong_to_them():
    into = Got()
    into.tally = known(SAMPLES / "shopify_orders.csv").read(
        into.take, into.quarantined.append, again={10: {"Total": "60.00"}}
    )
    assert into.tally.rows_by_dataset == {"order": 1, "order_line": 2}
    assert into.quarantined == []
    assert into.tally.rows_read == 2


def test_rows_read_again_are_in_the_notation_of_the_whole_file_and_may_fail_again():
    file = known(SAMPLES / "hubspot_contacts.csv")
    for text, landed in (("4/5/2024 9:00 AM", 1), ("31/12/2024", 0)):
        into = Got()
        into.tally = file.read(into.take, into.quarantined.append, again={5: {"Create Date": text}})
        assert into.tally.rows_by_dataset == {"lead": landed}
        assert len(into.quarantined) == 1 - landed
        if landed:
            assert into.column("lead", "created_at") == [at("2024-04-05 09:00")]


def test_items_of_wordpress_are_read_again(tmp_path: Path):
    text = (SAMPLES / "wordpress.xml").read_text(encoding="utf-8").replace("private", "odd")
    file = known(written(tmp_path, text, "site.xml"))
    (line,) = got(file).reasons()
    into = Got()
    into.tally = file.read(into.take, into.quarantined.append, again={line: {"wp:status": "publish"}})
    assert into.column("content", "status") == ["published"]


def test_one_date_in_the_wrong_order_is_set_aside_and_does_not_turn_the_others(tmp_path: Path):
    rows = [f"{n},a{n}@x.com,{n % 12 + 1}/{n % 28 + 1}/2025" for n in range(60)] + ["99,z@x.com,31/12/2025"]
    read = got(known(written(tmp_path, HEADER + "\n".join(rows) + "\n")))
    assert list(read.reasons()) == [62]
    assert read.tally.dates == "mdy"
    assert read.column("lead", "created_at")[15] == at("2025-04-16")


def test_another_currency_is_another_reading():
    path = SAMPLES / "shopify_products.csv"
    assert got(known(path)).tally.how != got(known(path, currency="EUR")).tally.how


def test_a_declared_mapping_reads_what_nobody_knows(tmp_path: Path):
    path = written(
        tmp_path, "Fall;Beginn;Lage;Mail\nF-1;01.02.2026 10:00;Neu;A@x.com\nF-2;02.02.2026 10:00;Fertig;b@x.com\n"
    )
    declared = written(
        tmp_path,
        "source: amt\ndataset: ticket\nzone: Europe/Berlin\ndates: dmy\n"
        "columns: {id: Fall, opened_at: Beginn, state: Lage, requester: Mail}\n"
        "values: {state: {neu: open, Fertig: resolved}}\nfixed: {escalated: 'true'}\n",
        "x.mapping.yml",
    )
    mapping = read_entity_mapping(declared)
    assert mapping is not None
    read = got(recognise_mapped(examine(path), mapping, Declared(today=TODAY)))
    assert read.column("ticket", "state") == ["open", "resolved"]
    assert read.column("ticket", "opened_at") == [at("2026-02-01 09:00"), at("2026-02-02 09:00")]
    assert read.column("ticket", "reopened") == [0, 0]
    assert read.tally.layout == "amt/ticket"
    assert "Mail" in read.tally.personal


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("source: a\ndataset: nothing\ncolumns: {id: A}\n", "dataset: nothing is none"),
        ("source: a\ndataset: ticket\ncolumns: {id: A}\n", "opened_at, state needed for ticket"),
        ("source: a\ndataset: lead\ncolumns: {id: A, colour: B}\n", "colour is no column of lead"),
        ("source: a\ndataset: product\ncolumns: {id: A, title: B, price_micros: C}\n", "currency is needed"),
        ("source: a\ndataset: lead\nzone: Mars\ncolumns: {id: A}\n", "no time zone"),
        ("source: a\ndataset: lead\ncolumns: [", "not valid YAML"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(tmp_path: Path, text: str, problem: str):
    with pytest.raises(UnreadableExport, match=problem):
        read_entity_mapping(written(tmp_path, text, "x.mapping.yml"))


def test_a_mapping_of_ad_figures_is_none_of_ours(tmp_path: Path):
    assert read_entity_mapping(written(tmp_path, "source: a\nchannel: email\n", "x.mapping.yml")) is None


def test_a_missing_column_of_a_mapping_is_named(tmp_path: Path):
    mapping = read_entity_mapping(
        written(tmp_path, "source: a\ndataset: lead\ncolumns: {id: Nr, email: Post}\n", "m.yml")
    )
    assert mapping is not None
    with pytest.raises(UnreadableExport, match="there is no column “Post”"):
        recognise_mapped(examine(written(tmp_path, "Nr,Mail\n1,a@x.com\n")), mapping, Declared())
