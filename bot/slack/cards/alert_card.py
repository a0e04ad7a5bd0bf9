"""The card of an alert: what moved, by how much, why probably, and what can be done about it now."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from bot.slack.alert_buttons import AlertChoice, AlertMenuRef
from bot.slack.buttons import ActionId, AlertRef, SnoozeRef
from bot.slack.cards.blocks import Block, Message, actions, button, context, header, option, overflow, section, select
from bot.slack.cards.markup import (
    bullets,
    clean,
    count,
    cut,
    data,
    day,
    escaped,
    member,
    moment,
    record_words,
    spelled,
    within,
    words,
)
from bot.slack.cards.plan_card import SIMULATED, rollback_button
from storage.records.alerts import Alert, AlertKind, AlertState, Certainty, Finding, LearntKind, Severity
from storage.records.owners import Answerable
from storage.records.people import Person

SNOOZE_DAYS = (1, 3, 7)
MOST_SUSPECTS = 2
"""Plans that a card names; the dialog with all that is suspected has the others."""
_MOST_PARTS = 8
_MOST_SECTION = 2800

MARKS = {Severity.NOTE: "🔵", Severity.WARNING: "🟠", Severity.CRITICAL: "🔴"}
STATE_WORDS = {
    AlertState.OPEN: "open",
    AlertState.ACKNOWLEDGED: "acknowledged",
    AlertState.SNOOZED: "snoozed",
    AlertState.RECOVERED: "recovered",
}
CHOICES = {
    AlertChoice.ASSIGN: "Assign…",
    AlertChoice.SNOOZE_UNTIL: "Snooze until a day…",
    AlertChoice.EXPECT: "Expected, learn it…",
    AlertChoice.REBASELINE: "Learn normal afresh…",
    AlertChoice.ESCALATE: "Escalate…",
}
CERTAIN = {
    Certainty.CAUSED: "caused it, as an experiment shows",
    Certainty.LIKELY: "likely: it coincides",
    Certainty.POSSIBLE: "possible: it coincides",
}
_NOT_LEARNT = (AlertKind.FRESHNESS, AlertKind.GOVERNANCE)
"""What can never be called normal."""


def alert_card(
    alert: Alert,
    *,
    zone: ZoneInfo,
    people: Mapping[str, Person] | None = None,
    rolled_back: Mapping[str, str] | None = None,
    parts: Sequence[Alert] = (),
    review: str = "",
    answers: Answerable | None = None,
) -> Message:
    """The card in the alert's present state; `people` by id gives names to who acted.

    A suspect plan can be taken back from here until the case has recovered or a rollback has begun: `rolled_back` says
    which plan takes which back. `parts` are the cases that this one explains, `review` is mrkdwn about its review,
    `answers` is who answers for what it is about.
    """
    finding, known = alert.finding, people or {}
    blocks = [
        # Named, so that the card desk knows the message again although a recovered alert has no buttons.
        header(f"{_mark(alert)} {clean(spelled(finding.title), 110)}{_and_more(finding, parts)}")
        | {"block_id": f"alert.{alert.id}"},
        *([context(SIMULATED)] if finding.simulated else []),
        section("\n".join([state_line(alert, zone, known), *_answers(answers), *([review] if review else [])])),
        section(_facts(finding, rolled_back or {})),
        *_parts(parts),
        *_controls(alert, rolled_back or {}, reviewed=bool(review)),
        context(_small_print(alert, zone)),
    ]
    return Message(text=spoken(alert), blocks=tuple(blocks))


def _answers(answers: Answerable | None) -> list[str]:
    """As in "🧭 Answers for it: *Olivia Reed* (performance marketing)"."""
    if answers is None:
        return []
    role = f" ({data(answers.role, 60)})" if answers.role and answers.people else ""
    return [f"🧭 Answers for it: *{data(answers.names, 120)}*{role}"]


def alert_line(alert: Alert) -> str:
    """One line for lists."""
    finding = alert.finding
    return (
        f"{_mark(alert)} *{data(alert.id, 30)}* · {data(spelled(finding.title), 120)} · "
        f"{STATE_WORDS[alert.state]} · since {day(alert.opened_on)}"
    )


def state_line(alert: Alert, zone: ZoneInfo, people: Mapping[str, Person]) -> str:
    """Where the case is, and who is at it."""
    line = _state(alert, zone, people)
    if alert.state is AlertState.RECOVERED:
        return line
    if alert.assigned_to and alert.assigned_to != alert.acknowledged_by:
        line += f"\n👉 Waits for *{_who(people, alert.assigned_to)}*, who was asked to take it"
    if alert.escalated_to:
        names = ", ".join(_who(people, one) for one in alert.escalated_to[-4:])
        line += f"\n⏫ Escalated to {names}"
    return line


def suspects(finding: Finding) -> list[str]:
    """The plans that may be behind it, likeliest first."""
    refs = [one.ref for one in finding.candidates if one.ref and one.ref.startswith("PLAN-")]
    return list(dict.fromkeys([*([finding.suspect_plan] if finding.suspect_plan else []), *refs]))


def spoken(alert: Alert) -> str:
    """The card in one line, for notifications and screen readers."""
    mark = " Simulated." if alert.finding.simulated else ""
    severity = words(alert.finding.severity)
    title = escaped(clean(spelled(alert.finding.title), 150))
    return f"{severity} {cut(alert.id, 30)}, {_state_word(alert)}: {title}.{mark}"


def _state_word(alert: Alert) -> str:
    return "normal from now on" if alert.learnt else STATE_WORDS[alert.state]


def _mark(alert: Alert) -> str:
    return "🟢" if alert.state is AlertState.RECOVERED else MARKS[alert.finding.severity]


def _state(alert: Alert, zone: ZoneInfo, people: Mapping[str, Person]) -> str:
    match alert.state:
        case AlertState.RECOVERED:
            return _over(alert, zone, people)
        case AlertState.ACKNOWLEDGED:
            who = _who(people, alert.acknowledged_by)
            return f"👀 *{who} is looking at it*, acknowledged {moment(alert.updated_at, zone)}"
        case AlertState.SNOOZED:
            until = f" until {moment(alert.snoozed_until, zone)}" if alert.snoozed_until else ""
            return f"😴 *Snoozed*{until}. It speaks up again if it is still so then."
        case AlertState.OPEN:
            seen = count(alert.times_seen, "time")
            return f"*{words(alert.finding.severity)}, open* since {day(alert.opened_on)}, seen {seen}"


def _over(alert: Alert, zone: ZoneInfo, people: Mapping[str, Person]) -> str:
    at = moment(alert.updated_at, zone)
    if alert.learnt is None:
        return f"*Recovered* {at}: back in its normal range. Nothing left to do."
    who, why = _who(people, alert.learnt_by), data(spelled(alert.learnt_why), 300, empty="no reason given")
    if alert.learnt is LearntKind.EXPECTED:
        return f"✅ *Expected*: {who} said so {at}. The new level is the normal one now. “{why}”"
    return f"🔁 *Normal is learnt afresh*: {who} said so {at}. Earlier days no longer count. “{why}”"


def _facts(finding: Finding, rolled_back: Mapping[str, str]) -> str:
    """Why first: on a phone what moved in detail is below the fold."""
    lines = [f"*Cause*: {data(spelled(finding.cause), 300, empty='not known yet')}"]
    for plan_id in suspects(finding)[:MOST_SUSPECTS]:
        taken = f"; {data(rolled_back[plan_id], 30)} takes it back" if plan_id in rolled_back else ""
        lines.append(f"*Suspect*: {data(plan_id, 30)} changed this shortly before{taken}")
    lines += _evidence(finding)
    lines += [bullets(finding.detail[:5], most=1500, each=300)] if finding.detail else []
    return within(lines, _MOST_SECTION)


def _evidence(finding: Finding) -> list[str]:
    """What speaks for the likeliest cause and what against it."""
    if not finding.candidates:
        return []
    first = finding.candidates[0]
    sides = (("➕", first.speaks_for), ("➖", first.speaks_against))
    return [f"{mark} {data(spelled(text), 200)}" for mark, texts in sides for text in texts[:2]]


def _parts(parts: Sequence[Alert]) -> list[Block]:
    if not parts:
        return []
    lines = [f"{_mark(one)} {data(one.id, 30)} · {data(spelled(one.finding.title), 120)}" for one in parts]
    shown = within(lines[:_MOST_PARTS], _MOST_SECTION - 100)
    more = f"\n…and {len(parts) - _MOST_PARTS:,} more" if len(parts) > _MOST_PARTS else ""
    if all(one.finding.kind is AlertKind.FRESHNESS for one in parts):
        what = f"*{count(len(parts), 'more source is', 'more sources are')} late*"
    else:
        what = f"*Explains {count(len(parts), 'more case')}*"
    return [section(f"{what}, told here alone:\n{shown}{more}")]


def _and_more(finding: Finding, parts: Sequence[Alert]) -> str:
    if finding.kind is not AlertKind.FRESHNESS or not parts:
        return ""
    return f", and of {count(len(parts), 'more source')}"


def _controls(alert: Alert, rolled_back: Mapping[str, str], *, reviewed: bool) -> list[Block]:
    """None once recovered; Acknowledge only while nobody has."""
    if alert.state is AlertState.RECOVERED:
        return []
    finding, value = alert.finding, AlertRef(alert.id).encode()
    # The likeliest that is still there: a card has one button of a kind.
    controls = [rollback_button(one) for one in suspects(finding) if one not in rolled_back][:1]
    if alert.state is AlertState.OPEN:
        controls.append(acknowledge_button(alert))
    if reviewed:
        controls.append(button("Review", ActionId.ALERT_REVIEW, value, spoken=f"Review {alert.id}"))
    if finding.candidates or finding.suspect_plan:
        controls.append(button("Suspects", ActionId.ALERT_SUSPECTS, value, spoken=f"Suspects of {alert.id}"))
    if alert.state is not AlertState.SNOOZED:
        options = [option(f"Snooze {count(days, 'day')}", SnoozeRef(alert.id, days).encode()) for days in SNOOZE_DAYS]
        controls.append(select("Snooze…", ActionId.ALERT_SNOOZE, options))
    offered = [one for one in AlertChoice if finding.kind not in _NOT_LEARNT or one not in _LEARNING]
    menu = [option(CHOICES[one], AlertMenuRef(one, alert.id).encode()) for one in offered]
    controls.append(overflow(ActionId.ALERT_MORE, menu))
    # A new id with each version, or clients would keep an earlier choice in the menu.
    return [actions(f"alert.{alert.id}.{alert.version}", controls)]


_LEARNING = (AlertChoice.EXPECT, AlertChoice.REBASELINE)


def acknowledge_button(alert: Alert) -> Block:
    value = AlertRef(alert.id).encode()
    return button("Acknowledge", ActionId.ALERT_ACKNOWLEDGE, value, spoken=f"Acknowledge {alert.id}")


def _small_print(alert: Alert, zone: ZoneInfo) -> str:
    finding = alert.finding
    about = f"{data(words(finding.kpi), 40)} of {data(member(finding.entity), 60)}"
    evidence = (
        f"\n*Evidence* {'; '.join(data(record_words(one), 60) for one in finding.evidence[:3])}"
        if finding.evidence
        else ""
    )
    return (
        f"{data(alert.id, 30)}  ·  {about}  ·  first seen {day(alert.opened_on)}, last {day(finding.seen_on)}"
        f"  ·  opened {moment(alert.opened_at, zone)}{evidence}"
    )


def _who(people: Mapping[str, Person], person_id: str | None) -> str:
    person = people.get(person_id or "")
    return data(person.name if person else person_id or "", 40, empty="someone")
