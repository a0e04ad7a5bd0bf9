"""What a team says of how fresh its data have to be; what it does not say, contracts do."""

from pathlib import Path

import pytest

from agents.sources.connections import ConnectionsInvalid, read_connections
from agents.sources.promises import DeclaredSources, Promises, read_promises
from storage.records.freshness import Promise, PromiseClock


def said(tmp_path: Path, text: str) -> Promises:
    path = tmp_path / "sources.yml"
    path.write_text(text, encoding="utf-8")
    return read_promises(path)


def test_without_a_file_contracts_say_it_all_in_working_days(tmp_path: Path):
    promised = read_promises(tmp_path / "nothing.yml").of("shopify", "order", hours=24)
    assert promised == Promise(hours=24, clock=PromiseClock.WORKING)
    assert promised.words == "1 working day"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("36 hours", "36 hours"),
        ("1 hour", "1 hour"),
        ("2 days", "2 days"),
        ("48 hours", "2 days"),
        ("3 working days", "3 working days"),
        ("4 working hours", "4 working hours"),
        ("8 business hours", "8 business hours"),
        ("24  business hours", "24 business hours"),
    ],
)
def test_a_time_names_its_clock(tmp_path: Path, text: str, words: str):
    promised = said(tmp_path, f"freshness: {{meta: {text}}}").of("meta", "facts", hours=72)
    assert promised is not None
    assert promised.words == words


def test_single_datasets_may_differ_and_the_others_keep_their_contract(tmp_path: Path):
    promises = said(tmp_path, "freshness:\n  hubspot: {lead: 4 business hours, deal: never}\n")
    assert promises.of("hubspot", "lead", hours=24) == Promise(hours=4, clock=PromiseClock.BUSINESS)
    assert promises.of("hubspot", "deal", hours=24) is None
    assert promises.of("hubspot", "ticket", hours=24) == Promise(hours=24)
    assert promises.names("hubspot", "deal")
    assert not promises.names("hubspot", "ticket")


@pytest.mark.parametrize(
    "text",
    ["soon", "0 days", "-1 days", "3 business days", "3", "1.5 hours", "2 fortnights", "[1 day]", "9999 days", "true"],
)
def test_what_is_no_time_is_refused_with_where_it_stands_and_what_to_write(tmp_path: Path, text: str):
    with pytest.raises(ConnectionsInvalid) as refusal:
        said(tmp_path, f"freshness: {{meta: {{facts: {text}}}}}")
    assert "freshness.meta.facts" in str(refusal.value)
    assert "never" in str(refusal.value)


@pytest.mark.parametrize("text", ["freshness: [meta]", "freshness: soon"])
def test_what_is_no_list_of_sources_is_refused(tmp_path: Path, text: str):
    with pytest.raises(ConnectionsInvalid, match="freshness: needs names of sources"):
        said(tmp_path, text)


def test_a_file_that_only_promises_declares_no_source(tmp_path: Path):
    said(tmp_path, "freshness: {meta: 2 days}")
    assert read_connections(tmp_path / "sources.yml") == {}
    assert DeclaredSources(tmp_path / "sources.yml").names() == ()


def test_a_folder_is_no_source_of_its_own(tmp_path: Path):
    said(
        tmp_path,
        "sources:\n  drop: {kind: folder, path: /srv}\n  shop: {kind: sql, url: 'sqlite://', table: t}\n"
        "freshness: {shop: 2 days}\n",
    )
    assert DeclaredSources(tmp_path / "sources.yml").names() == ("shop",)
