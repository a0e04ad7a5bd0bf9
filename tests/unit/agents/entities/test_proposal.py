"""A mapping is proposed for a file nobody knows, and reads it as it is."""

from pathlib import Path

import pytest

from agents.sources.entities.mapping import read_entity_mapping
from agents.sources.entities.proposal import ProposedMapping, Refusal, propose
from agents.sources.entities.recognise import recognise_mapped
from agents.sources.text.declared import Declared
from agents.sources.text.sniff import examine
from tests.unit.agents.entities.files import TODAY, Got, got, written


def proposed(path: Path) -> ProposedMapping:
    found = propose(examine(path))
    assert isinstance(found, ProposedMapping), str(found)
    return found


def read(folder: Path, path: Path) -> Got:
    mapping = read_entity_mapping(written(folder, proposed(path).text, "own.mapping.yml"))
    assert mapping is not None
    return got(recognise_mapped(examine(path), mapping, Declared(today=TODAY)))


def test_ad_figures_with_a_channel_from_the_name_and_a_currency_from_the_header(tmp_path: Path):
    text = (
        "Weekly report\n\nDatum;Kampagne;Ausgaben (EUR);Klicks\n13.02.2026;Frühling;1.234,50;10\n14.02.2026;X;0,50;1\n"
    )
    found = proposed(written(tmp_path, text, "facebook_kw7.csv"))
    assert found.dataset == "facts"
    assert "channel: paid_social" in found.text
    assert "currency: EUR" in found.text
    assert "decimal: ','" in found.text
    assert [(guess.header, guess.field) for guess in found.guesses] == [
        ("Datum", "day"), ("Kampagne", "campaign"), ("Ausgaben (EUR)", "spend"), ("Klicks", "clicks"),
    ]  # fmt: skip


def test_cases_of_an_unknown_helpdesk_with_their_words(tmp_path: Path):
    text = (
        "Case,Opened,Answered at,Status,Betreff,Agent,Kunde\nC-1,2026-02-01 10:00,2026-02-01 11:00,Neu,Hilfe,Kim,a@x.com\n"
        "C-2,2026-02-02 10:00,,Erledigt,Geld,Lee,b@x.com\nC-3,2026-02-02 10:00,,Frozen,Geld,Lee,b@x.com\n"
    )
    path = written(tmp_path, text, "helpdesk.csv")
    found = proposed(path)
    assert found.dataset == "ticket"
    assert found.doubts == ("“Frozen” in “Status” is no state that we know: such rows would be set aside.",)
    cases = read(tmp_path, path)
    assert cases.column("ticket", "state") == ["open", "resolved"]
    assert list(cases.reasons()) == [4]


def test_orders_with_a_column_of_codes(tmp_path: Path):
    text = "Bestellnummer;Bestelldatum;Gesamtbetrag;Währung;E-Mail\n1;01.02.2026;19,99;EUR;a@x.de\n2;13.02.2026;29,99;EUR;b@x.de\n"
    path = written(tmp_path, text, "bestellungen.csv")
    assert "Every row would be taken as status paid: no column says it." in proposed(path).doubts
    assert read(tmp_path, path).column("order", "gross_micros") == [19_990_000, 29_990_000]


def test_people_without_a_number_are_known_by_their_address(tmp_path: Path):
    path = written(
        tmp_path, "Full name,Contact,Added\nAda,ada@example.com,2026-01-01\nBob,bob@example.com,2026-01-02\n"
    )
    people = read(tmp_path, path)
    assert people.column("lead", "email") == ["ada@example.com", "bob@example.com"]
    assert people.column("lead", "id") == ["ada@example.com", "bob@example.com"]
    assert "Contact" in people.tally.personal


def test_samples_show_nobody(tmp_path: Path):
    text = "Full name,Contact,Added,Note\nAda King,ada@example.com,2026-01-01,call Mr Byron\nBob,bob@example.com,2026-01-02,\n"
    shown = [sample for guess in proposed(written(tmp_path, text)).guesses for sample in guess.samples]
    assert not any(word in " ".join(shown) for word in ("King", "ada@", "Byron"))
    assert "2026-01-01" in shown


def test_the_feed_is_the_header_s_whatever_its_case(tmp_path: Path):
    rows = "1,a@x.com,2026-01-01\n2,b@x.com,2026-01-02\n"
    one = proposed(written(tmp_path, f"Contact id,E-mail,Registered\n{rows}", "one.csv"))
    two = proposed(written(tmp_path, f"CONTACT ID,e-mail,registered\n{rows}", "two.csv"))
    assert one.feed == two.feed
    assert one.feed.startswith("mapped/")


@pytest.mark.parametrize(
    ("text", "recognised", "missing"),
    [
        ("a,b\n1,2\n3,4\n", "nothing", "day"),
        ("hello\nworld\n", "nothing", "header"),
        (
            "Deal,Owner,Phase,Value,Created\nA,Kim,Won,$5,2026-01-01\nA,Kim,Won,$7,2026-01-02\n",
            "Phase (stage)",
            "id of each deal",
        ),
        ("Day,Campaign,Cost\n2026-01-01,A,5\n", "Cost (spend)", "currency"),
    ],
)
def test_what_does_not_say_enough_is_refused_with_what_was_seen(
    tmp_path: Path, text: str, recognised: str, missing: str
):
    found = propose(examine(written(tmp_path, text)))
    assert isinstance(found, Refusal)
    assert recognised in str(found)
    assert missing in str(found)
