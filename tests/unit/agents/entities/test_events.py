"""Events and what teams keep themselves: rates, audiences, handoffs."""

from datetime import date
from pathlib import Path

import pytest

from tests.unit.agents.entities.files import at, got, known, refusal, sample, written


def test_events_in_json_lines_with_nested_properties():
    events = sample("events.jsonl")
    signed_up, opened = events.rows("usage_event")
    assert (signed_up["id"], signed_up["user"], signed_up["name"]) == ("e-1", "u-1", "Signed Up")
    assert signed_up["at"] == at("2026-02-02 02:40")
    assert '"plan":"pro","seats":3' in signed_up["properties"]
    assert opened["line"] == 2
    assert events.dropped() == {4: "the same id once more: e-2"}
    assert list(events.reasons()) == [5]


def test_events_in_an_array_over_several_lines(tmp_path: Path):
    text = '[\n {"uuid": "a", "event": "x",\n  "timestamp": "2026-02-01T10:00:00Z", "distinct_id": "u"}\n,\n {"uuid": "b", "event": "y", "timestamp": "2026-02-01T10:00:01.25Z", "distinct_id": 12345678901234567890, "properties": {"b": 0.10, "a": [1]}}]'
    one, two = got(known(written(tmp_path, text, "events.json"))).rows("usage_event")
    assert (one["line"], two["line"]) == (2, 5)
    assert two["user"] == "12345678901234567890"
    assert two["properties"] == '{"a":[1],"b":0.1}'


def test_events_in_a_table_without_ids_count_once_each(tmp_path: Path):
    text = (
        "Timestamp,User ID,Event,Properties\n"
        + "2026-02-01 10:00:00,u1,Open,{}\n" * 2
        + "2026-02-01 10:00:00,u2,Open,{}\n"
    )
    events = got(known(written(tmp_path, text)))
    assert events.tally.rows_by_dataset == {"usage_event": 2}
    assert [len(one) for one in events.column("usage_event", "id")] == [20, 20]
    assert any("no id" in note for note in events.tally.notes)


def test_repetitions_far_apart_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from agents.sources.text import rows

    monkeypatch.setattr(rows, "_BYTES", 300)
    lines = [f"e{n % 90},2026-02-01T10:00:00Z,u,Open" for n in range(100)]
    events = got(known(written(tmp_path, "\n".join(["event_id,timestamp,user_id,event", *lines, ""]))))
    assert events.tally.rows_by_dataset == {"usage_event": 90}
    assert len(events.frames["usage_event"]) > 5
    assert list(events.dropped()) == list(range(92, 102))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"event": "x", "timestamp": "2026-02-01T10:00:00Z", "distinct_id": "u"}\n{"event": ', "the JSON is broken"),
        ('[{"event": "x", "timestamp": 1, "distinct_id": "u"}', "never closed"),
        ('{"a": 1}\n7\n', "no object"),
        ('[{"a": ' + "[" * 100_000, "nested too deeply"),
        ('{"a": ' * 100_000, "nested too deeply"),
        ('{"some": 1, "thing": 2}', "fields that nobody knows"),
        ("{}", "no objects"),
        ('[{"event": "x"} {"event": "y"}]', "not parted by commas"),
    ],
)
def test_json_that_cannot_be_read_is_refused(tmp_path: Path, text: str, problem: str):
    assert problem in refusal(written(tmp_path, text, "events.json")).problem


def test_rates_one_a_row(tmp_path: Path):
    text = 'Date,From,To,Rate\n01.02.2026,EUR,GBP,"0,8345"\n02.02.2026,EUR,GBP,"0,8331"\n'
    rates = got(known(written(tmp_path, text)))
    assert [(one["day"], one["base"], one["quote"], one["rate_nano"]) for one in rates.rows("exchange_rate")] == [
        (date(2026, 2, 1), "EUR", "GBP", 834_500_000),
        (date(2026, 2, 2), "EUR", "GBP", 833_100_000),
    ]


def test_rates_of_the_central_bank_one_column_a_currency():
    rates = sample("eurofxref-hist.csv")
    assert rates.tally.rows_by_dataset == {"exchange_rate": 10}
    first = rates.rows("exchange_rate")[0]
    assert (first["day"], first["base"], first["quote"], first["rate_nano"]) == (
        date(2026, 2, 4),
        "EUR",
        "USD",
        1_041_200_000,
    )
    assert "ISK" not in rates.column("exchange_rate", "quote")


def test_rates_in_pairs_and_a_rate_of_nothing(tmp_path: Path):
    rows = [f"2026-01-{n:02d},EUR/USD,1.0{n}" for n in range(1, 31)]
    rows[5] = "2026-01-06,EUR/USD,0"
    rates = got(known(written(tmp_path, "\n".join(["Date,Pair,Rate", *rows, ""]))))
    assert rates.tally.rows_by_dataset == {"exchange_rate": 29}
    assert rates.reasons() == {7: "rate_nano is 0, must be at least 1"}


def test_audiences_with_their_campaigns(tmp_path: Path):
    text = 'Audience,Size,Consented,Campaigns,Channel\nVIP,"1,204",yes,Spring; Summer|Autumn,email\nAll,,no,,\n'
    vip, everyone = got(known(written(tmp_path, text))).rows("audience")
    assert (vip["id"], vip["people"], vip["consented"], vip["campaigns"]) == (
        "VIP",
        1204,
        True,
        "Spring; Summer; Autumn",
    )
    assert (everyone["people"], everyone["consented"]) == (None, False)


def test_handoffs_with_their_clocks(tmp_path: Path):
    rows = [f"H{n},Lead {n},MQL,marketing,sales,2026-02-01 10:00,2026-02-01 14:00," for n in range(30)]
    header = "Handoff ID,Subject,Kind,From team,To team,Handed at,Due at,Acknowledged at"
    rows[0] = "H0,Lead 0,Lead,marketing,sales,2026-02-01 10:00,2026-02-01 14:00,2026-02-01 11:30"
    rows[1] = "H1,Lead 1,Lead,marketing,sales,2026-02-01 10:00,,2026-02-01 09:00"
    text = "\n".join([header, *[row.replace("MQL", "Lead") for row in rows], ""])
    handoffs = got(known(written(tmp_path, text)))
    first = handoffs.rows("handoff")[0]
    assert (first["kind"], first["acknowledged_at"]) == ("lead", at("2026-02-01 11:30"))
    assert handoffs.reasons() == {3: "acknowledged before it was handed over"}
