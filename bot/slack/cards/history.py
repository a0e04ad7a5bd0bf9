"""The trail in words: a line for the thread of the card it concerns, and what the whole channel has to hear.

Facts of the trail are read leniently, since older entries lack what newer ones have; what people wrote in them is
untrusted text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from bot.slack.buttons import FreezeRef
from bot.slack.cards.approvals_part import joined, name_of
from bot.slack.cards.blocks import Message, section
from bot.slack.cards.glass_card import freeze_card, thaw_line
from bot.slack.cards.markup import count, data, moment, spelled, words
from bot.slack.values import MalformedButton
from storage.records.audit import AuditEntry
from storage.records.people import Person
from storage.records.stops import Freeze

_MOST_WORDS = 500


@dataclass(frozen=True)
class _Told:
    """An entry with what its words need."""

    entry: AuditEntry
    people: Mapping[str, Person]
    zone: ZoneInfo

    @property
    def actor(self) -> str:
        kind, _, name = self.entry.actor.partition(":")
        if kind == "person":
            return name_of(self.people, name)
        return data(words(name), 40) if kind == "agent" else "Countersign"

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.entry.facts

    def person(self, key: str) -> str:
        """The name of the person whom a fact names."""
        return name_of(self.people, str(self.facts.get(key) or "somebody").removeprefix("person:"))

    def people_named(self, key: str) -> str:
        """The names of the people whom a fact lists."""
        ids = self.listed(key)
        return joined([name_of(self.people, str(one).removeprefix("person:")) for one in ids][:6]) or "nobody"

    def listed(self, key: str) -> Sequence[Any]:
        """What a fact lists; a text alone is a list of one."""
        held = self.facts.get(key)
        if isinstance(held, str):
            return [held] if held else []
        return held if isinstance(held, list | tuple) else []

    def said(self, *keys: str) -> str:
        """What somebody wrote, in quotes after a colon; empty if nothing."""
        text = next((str(self.facts[key]) for key in keys if self.facts.get(key)), "")
        return f": “{data(spelled(text), _MOST_WORDS)}”" if text.strip() else ""

    def because(self) -> str:
        """The note of a step as a sentence's end; empty if there is none."""
        note = str(self.facts.get("note") or "")
        return f": {data(spelled(note), _MOST_WORDS)}" if note.strip() else ""

    def applied(self) -> str:
        """As in "1 of 3 changes applied"; empty where it was not counted."""
        done, whole = self.facts.get("applied"), self.facts.get("of")
        if not isinstance(done, int) or not isinstance(whole, int):
            return ""
        return f"{done:,} of {count(whole, 'change')} applied"

    def at(self, key: str) -> str:
        """A moment among the facts; empty where there is none."""
        held = self.facts.get(key)
        try:
            when = held if isinstance(held, datetime) else datetime.fromisoformat(str(held))
        except ValueError:
            return ""
        return moment(when, self.zone) if when.tzinfo else ""


def history_line(entry: AuditEntry, people: Mapping[str, Person], *, zone: ZoneInfo) -> str | None:
    """What people care about of one entry; None for steps that only the trail needs. The message has its own time."""
    line = _LINES.get(entry.action)
    return line(_Told(entry, people, zone)) if line else None


def announcement(entry: AuditEntry, people: Mapping[str, Person], *, zone: ZoneInfo) -> Message | None:
    """What the channel has to hear beyond the cards: freezes, their end, the end of broken glass, rules in force."""
    told = _Told(entry, people, zone)
    if entry.action in {"freeze.set", "freeze.lifted"}:
        if (freeze := _freeze_of(told)) is None:
            return None
        # The entry of the thaw does not say when and by whom it was frozen.
        if entry.action == "freeze.lifted":
            return _notice(thaw_line(freeze, people, zone))
        return freeze_card(freeze, people=people, zone=zone)
    if entry.action == "glass.closed":
        glass = data(entry.subject, 30)
        return _notice(f"🚨 The hour of *{glass}* is over. Somebody else has to look at it: its card has the buttons.")
    if entry.action in {"policy.adopted", "policy.changed"} and told.facts.get("because") != "first start":
        version = data(str(told.facts.get("version") or "")[:8], 8, empty="?")
        return _notice(f"📜 *Rules in force*: version `{version}`{_reason(told)}.")
    return None


def _notice(text: str) -> Message:
    return Message(text=text, blocks=(section(text),))


def _reason(told: _Told) -> str:
    because = str(told.facts.get("because") or "")
    return f" ({data(spelled(because), 120)})" if because else ""


def _freeze_of(told: _Told) -> Freeze | None:
    entry, facts = told.entry, told.facts
    try:
        FreezeRef(entry.subject).decode(FreezeRef(entry.subject).encode())
    except MalformedButton:
        return None  # a subject that no button could name
    actor = entry.actor.removeprefix("person:").removeprefix("agent:")
    lifted = entry.action == "freeze.lifted"
    try:
        return Freeze(
            id=entry.subject,
            scope=facts.get("scope", "all"),
            value=str(facts.get("value") or ""),
            reason=str(facts.get("reason") or ""),
            frozen_by=actor,
            at=entry.at,
            case=str(facts["case"]) if facts.get("case") else None,
            thawed_by=actor if lifted else None,
            thawed_at=entry.at if lifted else None,
        )
    except ValidationError:
        return None


def _proposed(told: _Told) -> str:
    revision = told.facts.get("revision")
    return (
        f"✏️ Revision {revision:,} proposed by {told.actor}"
        if isinstance(revision, int) and revision > 1
        else (f"🆕 Proposed by {told.actor}")
    )


def _approved(told: _Told) -> str:
    behalf = f" for {told.person('on_behalf_of')}" if told.facts.get("on_behalf_of") else ""
    if told.facts.get("glass"):
        return f"🚨 {told.actor} approved alone under broken glass ({data(str(told.facts['glass']), 30)})"
    return f"✅ {told.actor}{behalf} approved{_via(told)}{told.said('reason', 'words')}"


def _via(told: _Told) -> str:
    via = str(told.facts.get("via") or "")
    return " from the command line" if via == "cli" else ""


def _state_approved(told: _Told) -> str | None:
    """Only where no person said so: an approval by people has its own line."""
    return "🔵 Allowed without asking" if told.facts.get("verdict") == "allowed" else None


def _waiting(told: _Told) -> str | None:
    """Waiting is what the card says; that it waits once more is news."""
    return f"↩️ Has to be approved again{told.because()}" if told.facts.get("note") else None


def _stopped(told: _Told) -> str:
    named = joined([data(str(one), 30) for one in told.listed("by")][:5]) or "a freeze"
    done = told.applied()
    return f"🧊 Stopped by {named}{f', {done}' if done else ''}. It goes on after the thaw"


def _resumed(told: _Told) -> str:
    return f"☀️ Goes on after the thaw{f', {told.applied()}' if told.applied() else ''}"


def _done(told: _Told) -> str:
    return f"🟢 Done{f': {told.applied()}' if told.applied() else ''}"


def _failed(told: _Told) -> str:
    return f"🔴 Failed{f', {told.applied()}' if told.applied() else ''}{told.because()}"


def _refused(told: _Told) -> str:
    texts = [str(one.get("text", "")) for one in told.listed("reasons") if isinstance(one, Mapping)]
    listed = "; ".join(data(spelled(text), 200) for text in texts[:4] if text)
    return f"⛔ Refused by policy{f': {listed}' if listed else told.because()}"


def _expired(told: _Told) -> str:
    was = told.facts.get("was")
    return (
        "⚪ Expired before it was carried out. Nothing was changed"
        if was == "approved"
        else ("⚪ Expired: nobody decided in time. Nothing was changed")
    )


def _escalated(told: _Told) -> str:
    who = told.people_named("to") if told.facts.get("to") else told.people_named("people")
    return (
        f"⏫ Escalated to {who}: nobody had decided"
        if who != "nobody"
        else ("⏫ Nobody is left to ask. An admin has to name an approver, or it expires")
    )


def _handed_over(told: _Told) -> str:
    return f"👉 {told.actor} handed it to {told.person('to')}{told.said('words', 'text', 'reason')}"


def _reminded(told: _Told) -> str | None:
    """Reminders of the clock stay between it and those it asks."""
    if not told.entry.actor.startswith("person:"):
        return None
    who = told.people_named("to") if told.facts.get("to") else told.people_named("people")
    return f"🔔 {told.actor} reminded {who}" if who != "nobody" else f"🔔 {told.actor} reminded those it waits for"


def _broken(told: _Told) -> str:
    until = f"until {told.at('until')}" if told.at("until") else "for an hour"
    return f"🚨 {told.actor} broke the glass {until}{told.said('reason')}"


def _reviewed(told: _Told) -> str:
    verdict = "found nothing to object to" if told.facts.get("fine") else "raised a concern"
    return f"🔎 {told.actor} {verdict}{told.said('words')}"


def _rollback_requested(told: _Told) -> str:
    return f"↩️ {told.actor} asked to take {data(str(told.facts.get('restores') or 'it'), 30)} back"


def _rolled_back(told: _Told) -> str:
    return f"↩️ Taken back by {data(str(told.facts.get('by') or 'a rollback'), 30)}"


def _cause(told: _Told) -> str:
    cause = str(told.facts.get("cause") or "")
    return f". Cause: {data(spelled(cause), 200)}" if cause.strip() else ""


def _severity(told: _Told, key: str) -> str:
    return data(words(str(told.facts.get(key) or "")), 20, empty="?")


def _put_aside(told: _Told) -> str:
    until = told.at("until")
    return f"😴 {told.actor} put it aside{f' until {until}' if until else ''}"


def _called_in(told: _Told) -> str:
    by_itself = not told.entry.actor.startswith("person:")
    who = "Escalated: nobody came in time," if by_itself else f"{told.actor} escalated it"
    return f"⏫ {who} to {told.people_named('to')}{told.said('words')}"


_LINES: dict[str, Callable[[_Told], str | None]] = {
    "plan.proposed": _proposed,
    "plan.edited": lambda told: f"✏️ {told.actor} edited it; earlier approvals lapse",
    "plan.held": lambda told: f"🟣 Held{told.because()}",
    "plan.waiting": _waiting,
    "plan.asked_again": lambda told: f"↩️ Has to be approved again{told.because()}",
    "plan.approve": _approved,
    "plan.reject": lambda told: f"⚫ {told.actor} rejected it{told.said('reason')}",
    "plan.withdraw": lambda told: f"↩️ {told.actor} withdrew the approval{told.said('reason')}",
    "plan.approved": _state_approved,
    "plan.escalated": _escalated,
    "plan.nobody_left": lambda told: f"⚠️ Nobody is left to ask{told.because()}",
    "plan.somebody_found": lambda _told: "👤 Somebody can decide it again",
    "plan.handed_over": _handed_over,
    "plan.question": lambda told: f"❓ {told.actor} asks{told.said('text', 'words', 'question')}",
    "plan.reminded": _reminded,
    "plan.executing": lambda _told: "▶️ Being carried out",
    "plan.stopped": _stopped,
    "plan.resumed": _resumed,
    "plan.done": _done,
    "plan.failed": _failed,
    "plan.refused": _refused,
    "plan.expired": _expired,
    "plan.superseded": lambda told: f"⚪ Replaced by {data(str(told.facts.get('by') or 'a newer plan'), 30)}",
    "plan.rollback_requested": _rollback_requested,
    "plan.rolled_back": _rolled_back,
    "plan.partly_rolled_back": lambda told: f"{_rolled_back(told)}, in part",
    "alert.opened": lambda told: f"🆕 Found{_cause(told)}",
    "alert.worse": lambda told: f"📈 Got worse: {_severity(told, 'from')}, now *{_severity(told, 'to')}*",
    "alert.acknowledged": lambda told: f"👀 {told.actor} is looking at it",
    "alert.assigned": lambda told: f"👉 {told.actor} asked {told.person('to')} to take it{told.said('words')}",
    "alert.snoozed": _put_aside,
    "alert.woken": lambda _told: "⏰ Still so: it speaks up again",
    "alert.expected": lambda told: f"✅ {told.actor} said that it is normal from now on{told.said('reason')}",
    "alert.rebaselined": lambda told: f"🔁 {told.actor} had normal learnt afresh{told.said('reason')}",
    "alert.escalated": _called_in,
    "alert.recovered": lambda _told: "🟢 Back in its normal range",
    "outcome.scored": lambda told: f"📊 {data(words(str(told.facts.get('kpi') or 'result')), 40)}: "
    f"{data(str(told.facts.get('text') or told.facts.get('score') or '?'), 300)}",
    "glass.broken": _broken,
    "glass.closed": lambda _told: "🚨 The hour is over. Somebody else has to review it",
    "glass.reviewed": _reviewed,
}  # fmt: skip
HISTORY = frozenset(_LINES)
"""The actions that have a line."""
