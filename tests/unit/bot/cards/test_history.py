"""The trail in words: what people care about gets a line, steps of the machine do not."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.slack.cards.history import announcement, history_line
from storage.records.audit import AuditEntry
from tests import builders as b
from tests.unit.bot.cards.strictness import all_text, assert_postable

LONDON = ZoneInfo("Europe/London")


def entry(action, actor="person:aaron", subject="PLAN-12", **facts):
    return AuditEntry(
        seq=1, at=b.NOW, actor=actor, action=action, subject=subject, facts=facts, body="", prev_hash="", hash=""
    )


def line(action, actor="person:aaron", **facts):
    return history_line(entry(action, actor, **facts), b.PEOPLE, zone=LONDON)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (entry("plan.proposed", "agent:budget_planner", revision=1), "🆕 Proposed by Budget planner"),
        (entry("plan.proposed", revision=2), "✏️ Revision 2 proposed by Aaron Blake"),
        (entry("plan.edited"), "✏️ Aaron Blake edited it; earlier approvals lapse"),
        (entry("plan.held", "system", note="PLAN-11 goes first"), "🟣 Held: PLAN-11 goes first"),
        (entry("plan.waiting", "system", note=""), None),
        (entry("plan.waiting", "system", note="The rules changed"), "↩️ Has to be approved again: The rules changed"),
        (entry("plan.approve", via="slack"), "✅ Aaron Blake approved"),
        (entry("plan.approve", via="cli"), "✅ Aaron Blake approved from the command line"),
        (entry("plan.approve", on_behalf_of="carla"), "✅ Aaron Blake for Carla Mendes approved"),
        (
            entry("plan.approve", "person:carla", glass="GLASS-1"),
            "🚨 Carla Mendes approved alone under broken glass (GLASS-1)",
        ),
        (entry("plan.reject", reason="Wait *until* Friday"), "⚫ Aaron Blake rejected it: “Wait ∗until∗ Friday”"),
        (entry("plan.withdraw"), "↩️ Aaron Blake withdrew the approval"),
        (entry("plan.approved", "system", verdict="allowed"), "🔵 Allowed without asking"),
        (entry("plan.approved", "system", verdict="needs_approval"), None),
        (entry("plan.escalated", "system", to=["carla", "ada"]), "⏫ Escalated to Carla Mendes and Ada Novak: nobody"),
        (entry("plan.escalated", "system", to=[]), "⏫ Nobody is left to ask."),
        (entry("plan.handed_over", to="carla", words="You know it"), "👉 Aaron Blake handed it to Carla Mendes: “You"),
        (entry("plan.question", text="Why not social?"), "❓ Aaron Blake asks: “Why not social?”"),
        (entry("plan.reminded", to=["carla"]), "🔔 Aaron Blake reminded Carla Mendes"),
        (entry("plan.reminded"), "🔔 Aaron Blake reminded those it waits for"),
        (entry("plan.reminded", "system", to=["carla"]), None),
        (entry("plan.executing", "system"), "▶️ Being carried out"),
        (
            entry("plan.stopped", "system", by=["FREEZE-2"], applied=1, of=3),
            "🧊 Stopped by FREEZE-2, 1 of 3 changes applied. It goes on after the thaw",
        ),
        (entry("plan.stopped", "system", by="FREEZE-2"), "🧊 Stopped by FREEZE-2. It goes on"),
        (entry("plan.resumed", "system", applied=1, of=3), "☀️ Goes on after the thaw, 1 of 3 changes applied"),
        (entry("plan.resumed", "system"), "☀️ Goes on after the thaw"),
        (
            entry("plan.asked_again", "system", note="the rules changed"),
            "↩️ Has to be approved again: the rules changed",
        ),
        (entry("plan.nobody_left", "system", note="no finance"), "⚠️ Nobody is left to ask: no finance"),
        (entry("plan.somebody_found", "system"), "👤 Somebody can decide it again"),
        (entry("plan.done", "system", applied=3, of=3), "🟢 Done: 3 of 3 changes applied"),
        (
            entry("plan.failed", "system", applied=1, of=3, note="archived"),
            "🔴 Failed, 1 of 3 changes applied: archived",
        ),
        (
            entry("plan.refused", "system", reasons=[{"policy": "cap", "text": "Above the cap"}]),
            "⛔ Refused by policy: Above the cap",
        ),
        (entry("plan.refused", "system", note="Frozen"), "⛔ Refused by policy: Frozen"),
        (entry("plan.expired", "system"), "⚪ Expired: nobody decided in time. Nothing was changed"),
        (entry("plan.expired", "system", was="approved"), "⚪ Expired before it was carried out."),
        (entry("plan.superseded", "agent:x", by="PLAN-14"), "⚪ Replaced by PLAN-14"),
        (entry("plan.rollback_requested", restores="PLAN-11"), "↩️ Aaron Blake asked to take PLAN-11 back"),
        (entry("plan.rolled_back", "system", by="PLAN-13"), "↩️ Taken back by PLAN-13"),
        (entry("plan.partly_rolled_back", "system", by="PLAN-13"), "↩️ Taken back by PLAN-13, in part"),
        (entry("outcome.scored", "system", kpi="roas", text="3.1, as expected"), "📊 ROAS: 3.1, as expected"),
        (
            entry("glass.broken", "person:carla", reason="Fire"),
            "🚨 Carla Mendes broke the glass for an hour: “Fire”",
        ),
        (entry("glass.reviewed", fine=True), "🔎 Aaron Blake found nothing to object to"),
        (entry("glass.reviewed", fine=False, words="Too quick"), "🔎 Aaron Blake raised a concern: “Too quick”"),
        (entry("change.intended", "system"), None),
        (entry("data.loaded", "system"), None),
    ],
)
def test_each_step_in_words(told, words):
    said = history_line(told, b.PEOPLE, zone=LONDON)
    assert said is None if words is None else said is not None and said.startswith(words)


def test_whoever_was_forgotten_stays_forgotten():
    assert "ab12cd34… (erased) approved" in line("plan.approve", "person:#ab12cd34… (erased)")


def test_the_hour_of_broken_glass_is_told_in_the_readers_zone():
    until = (b.NOW + timedelta(hours=1)).isoformat()
    assert "11:30 BST" in line("glass.broken", "person:carla", until=until)


def announced(told):
    message = announcement(told, b.PEOPLE, zone=LONDON)
    if message is not None:
        assert_postable(message)
    return message


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (entry("freeze.set", "person:ada", "FREEZE-2", scope="all", value="", reason="Sale"), "stops *everything*"),
        (entry("freeze.lifted", "person:carla", "FREEZE-2", scope="all", value=""), "is lifted* by Carla Mendes"),
        (entry("glass.closed", "system", "GLASS-1"), "The hour of *GLASS-1* is over"),
        (
            entry("policy.adopted", "system", "policies", version="c0ffee" * 8, because="PLAN-15"),
            "Rules in force*: version `c0ffeec0` (PLAN-15)",
        ),
        (entry("policy.changed", "system", "rules", version="decaf000", because="PLAN-16"), "`decaf000` (PLAN-16)"),
    ],
)
def test_what_concerns_everybody_is_announced(told, words):
    assert words in all_text(announced(told).blocks)


@pytest.mark.parametrize(
    "told",
    [
        entry("plan.approve"),
        entry("policy.adopted", "system", "policies", version="c0ffee", because="first start"),
        entry("freeze.set", "person:ada", "FREEZE-2", scope="planet"),
        entry("freeze.set", "person:ada", "nothing of ours", scope="all"),
    ],
)
def test_nothing_else_is(told):
    assert announced(told) is None


def test_a_hold_says_for_which_case_it_is_and_who_set_it():
    told = entry(
        "freeze.set", "agent:monitor", "FREEZE-1", scope="channel", value="email", case="ALERT-7",
        reason="ALERT-7: CPC of email is up 40 %", via="policy",
    )  # fmt: skip
    words = all_text(announced(told).blocks)
    assert "ALERT-7: CPC of email is up 40 %" in words
    assert "by monitor" in words
    assert "no reason given" not in words
