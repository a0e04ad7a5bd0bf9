"""The card of an alert: what moved, by how much, why probably, and what can be done about it now."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bot.slack.buttons import ActionId, AlertRef, SnoozeRef
from bot.slack.cards.blocks import Block, Message, actions, button, context, header, option, section, select
from bot.slack.cards.markup import bullets, clean, count, cut, data, day, escaped, member, moment, spelled, words
from bot.slack.cards.plan_card import SIMULATED, rollback_button
from storage.records.alerts import Alert, AlertState, Severity
from storage.records.people import Person

SNOOZE_DAYS = (1, 3, 7)

MARKS = {Severity.NOTE: "🔵", Severity.WARNING: "🟠", Severity.CRITICAL: "🔴"}
STATE_WORDS = {
    AlertState.OPEN: "open",
    AlertState.ACKNOWLEDGED: "acknowledged",
    AlertState.SNOOZED: "snoozed",
    AlertState.RECOVERED: "recovered",
}


def alert_card(
    alert: Alert, *, zone: ZoneInfo, people: Mapping[str, Person] | None = None, rolled_back_by: str | None = None
) -> Message:
    """The card in the alert's present state; `people` by id gives names to who acknowledged it.

    A suspect plan can be taken back from here until the case has recovered or a rollback, `rolled_back_by`, has begun.
    """
    finding = alert.finding
    blocks = [
        # Named, so that the card desk knows the message again although a recovered alert has no buttons.
        header(f"{_mark(alert)} {clean(spelled(finding.title), 130)}") | {"block_id": f"alert.{alert.id}"},
        *([context(SIMULATED)] if finding.simulated else []),
        section(_state(alert, zone, people or {})),
        section(_facts(alert, rolled_back_by)),
        *_controls(alert, rolled_back_by),
        context(_small_print(alert, zone)),
    ]
    return Message(text=_spoken(alert), blocks=tuple(blocks))


def alert_line(alert: Alert) -> str:
    """One line for lists."""
    finding = alert.finding
    return (
        f"{_mark(alert)} *{data(alert.id, 30)}* · {data(spelled(finding.title), 120)} · "
        f"{STATE_WORDS[alert.state]} · since {day(alert.opened_on)}"
    )


def _mark(alert: Alert) -> str:
    return "🟢" if alert.state is AlertState.RECOVERED else MARKS[alert.finding.severity]


def _state(alert: Alert, zone: ZoneInfo, people: Mapping[str, Person]) -> str:
    match alert.state:
        case AlertState.RECOVERED:
            return f"*Recovered* {moment(alert.updated_at, zone)}: back in its normal range. Nothing left to do."
        case AlertState.ACKNOWLEDGED:
            person = people.get(alert.acknowledged_by or "")
            who = data(person.name if person else alert.acknowledged_by or "", 40, empty="someone")
            return f"👀 *{who} is looking at it*, acknowledged {moment(alert.updated_at, zone)}"
        case AlertState.SNOOZED:
            until = f" until {moment(alert.snoozed_until, zone)}" if alert.snoozed_until else ""
            return f"😴 *Snoozed*{until}. It speaks up again if it is still so then."
        case AlertState.OPEN:
            seen = count(alert.times_seen, "time")
            return f"*{words(alert.finding.severity)}, open* since {day(alert.opened_on)}, seen {seen}"


def _facts(alert: Alert, rolled_back_by: str | None) -> str:
    finding = alert.finding
    lines = [bullets(finding.detail[:5], most=1500, each=300)] if finding.detail else []
    lines.append(f"*Cause*: {data(spelled(finding.cause), 300, empty='not known yet')}")
    if finding.suspect_plan:
        taken = f"; {data(rolled_back_by, 30)} takes it back" if rolled_back_by else ""
        lines.append(f"*Suspect*: {data(finding.suspect_plan, 30)} changed this shortly before{taken}")
    return "\n".join(lines)


def _controls(alert: Alert, rolled_back_by: str | None) -> list[Block]:
    """None once recovered; Acknowledge only while nobody has."""
    if alert.state is AlertState.RECOVERED:
        return []
    controls: list[Block] = []
    if alert.finding.suspect_plan and rolled_back_by is None:
        controls.append(rollback_button(alert.finding.suspect_plan))
    if alert.state is AlertState.OPEN:
        value = AlertRef(alert.id).encode()
        controls.append(button("Acknowledge", ActionId.ALERT_ACKNOWLEDGE, value, spoken=f"Acknowledge {alert.id}"))
    if alert.state is not AlertState.SNOOZED:
        options = [option(f"Snooze {count(days, 'day')}", SnoozeRef(alert.id, days).encode()) for days in SNOOZE_DAYS]
        controls.append(select("Snooze…", ActionId.ALERT_SNOOZE, options))
    # A new id with each version, or clients would keep an earlier choice in the menu.
    return [actions(f"alert.{alert.id}.{alert.version}", controls)] if controls else []


def _small_print(alert: Alert, zone: ZoneInfo) -> str:
    finding = alert.finding
    about = f"{data(words(finding.kpi), 40)} of {data(member(finding.entity), 60)}"
    evidence = f"\n*Evidence* {'; '.join(data(one, 60) for one in finding.evidence[:3])}" if finding.evidence else ""
    return (
        f"{data(alert.id, 30)}  ·  {about}  ·  first seen {day(alert.opened_on)}, last {day(finding.seen_on)}"
        f"  ·  opened {moment(alert.opened_at, zone)}{evidence}"
    )


def _spoken(alert: Alert) -> str:
    mark = " Simulated." if alert.finding.simulated else ""
    severity = words(alert.finding.severity)
    title = escaped(clean(spelled(alert.finding.title), 150))
    return f"{severity} {cut(alert.id, 30)}, {STATE_WORDS[alert.state]}: {title}.{mark}"
