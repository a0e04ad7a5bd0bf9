"""How a source stands to what is promised of it: what never came is late from its first failure on, not before."""

from datetime import timedelta

from agents.lifecycle.cases.punctual import Punctuality, Reading, reading_for
from agents.sources.promises import Promises
from tests.builders import NOW


def test_a_source_that_was_never_read_and_does_not_fail_is_late_to_nobody():
    assert Punctuality().unread("crm", Reading()) is None


def test_a_source_that_fails_is_late_as_promised_from_its_first_failure_on():
    told = Punctuality().unread("crm", Reading(failing_since=NOW, trouble="crm: 503"))
    assert told is not None
    assert (told.source, told.trouble) == ("crm", "crm: 503")
    (missing,) = told.datasets
    assert missing.due_at is not None
    assert missing.due_at > NOW
    assert not told.late(NOW)
    assert told.late(missing.due_at + timedelta(minutes=1)) == (missing,)


def test_what_is_kept_of_a_read_of_before_is_read_as_far_as_it_goes():
    assert Reading.of({}) == Reading()
    kept = {"good_at": NOW.isoformat(), "refused": {"crm": "crm: 503"}, "sources": ["hubspot"]}
    assert Reading.of(kept) == Reading(good_at=NOW, trouble="crm: 503", sources=frozenset({"hubspot"}))


def test_of_several_that_tell_of_a_source_the_one_read_last_counts():
    older, newer = Reading(good_at=NOW, sources=frozenset({"ads"})), Reading(good_at=NOW + timedelta(hours=1))
    assert reading_for("ads", {"one": older, "ads": newer, "never": Reading(sources=frozenset({"ads"}))}) is newer
    assert reading_for("shop", {"ads": newer}) is None
    assert Promises() == Punctuality().promises
