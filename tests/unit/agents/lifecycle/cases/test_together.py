"""Sources that are late at once are one card, and nothing that is late hides behind a card that is taken."""

from datetime import date

from agents.lifecycle.cases.together import Late, together
from storage.records.alerts import Alert, AlertKind, AlertState, Finding
from tests import builders as b


def late(source: str, *, day: int = 14, owner: str = "shop", cause: str = "nothing newer was read") -> Late:
    finding = b.a_finding(
        key=f"freshness/{source}", kind=AlertKind.FRESHNESS, entity=source, cause=cause, seen_on=date(2026, 11, day)
    )
    return Late(finding, owner)


def parents(told: tuple[Finding, ...]) -> dict[str, str | None]:
    return {one.entity: one.part_of and one.part_of.removeprefix("freshness/") for one in told}


def held(one: Finding, state: AlertState = AlertState.OPEN) -> Alert:
    return b.an_alert(finding=one, state=state)


def test_what_is_late_at_once_is_told_by_the_card_of_the_longest_late():
    told = together([late("mail", day=15), late("ads"), late("web", day=16)], [])
    assert parents(told) == {"ads": None, "mail": "ads", "web": "ads"}


def test_another_owner_or_another_cause_has_a_card_of_its_own():
    told = together([late("ads"), late("crm", owner="sales"), late("db", cause="reading it fails")], [])
    assert set(parents(told).values()) == {None}


def test_what_has_a_card_keeps_it_and_the_new_one_joins():
    (ads,) = together([late("ads", day=15)], [])
    told = together([late("ads", day=15), late("mail", day=14)], [held(ads)])
    assert parents(told) == {"mail": "ads", "ads": None}


def test_what_is_late_anew_does_not_hide_behind_a_card_that_is_taken_or_asleep():
    (ads,) = together([late("ads")], [])
    for state in (AlertState.ACKNOWLEDGED, AlertState.SNOOZED):
        assert parents(together([late("ads"), late("mail")], [held(ads, state)])) == {"ads": None, "mail": None}


def test_a_part_stays_one_when_its_card_is_taken():
    ads, mail = together([late("ads"), late("mail")], [])
    told = together([late("ads"), late("mail")], [held(ads, AlertState.ACKNOWLEDGED), held(mail)])
    assert parents(told) == {"ads": None, "mail": "ads"}


def test_when_the_one_with_the_card_is_read_the_next_takes_its_place():
    _, mail, web = together([late("ads"), late("mail"), late("web")], [])
    assert parents(together([late("mail"), late("web")], [held(mail), held(web)])) == {"mail": None, "web": "mail"}
