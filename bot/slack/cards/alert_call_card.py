"""The message to one person about a case that is theirs: what it is, why they hear of it, and the first thing to do."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bot.slack.alert_buttons import MuteChoice, MuteRef
from bot.slack.buttons import ActionId, AlertRef
from bot.slack.cards.alert_card import MARKS, acknowledge_button, spoken, state_line
from bot.slack.cards.blocks import Block, Message, actions, button, context, option, overflow, section
from bot.slack.cards.markup import bullets, clean, data, escaped, spelled
from bot.slack.cards.plan_card import SIMULATED
from storage.records.alerts import Alert, AlertState
from storage.records.attention import Call, CallKind
from storage.records.people import Person

_HEADS = {
    CallKind.OWNER: "this is large, and yours to look at",
    CallKind.ASSIGNED: "you are asked to take this",
    CallKind.ESCALATED: "this was escalated to you",
}
_MUTES = {
    MuteChoice.CASE_1_WEEK: "No message about this for a week",
    MuteChoice.ALL_1_DAY: "No message about alerts until tomorrow",
    MuteChoice.ALL_1_WEEK: "No message about alerts for a week",
    MuteChoice.NONE: "Messages about alerts again",
}


def block_prefix(call: Call) -> str:
    """What the ids of the message's blocks begin with; it is found again by them."""
    return f"call.{call.id}."


def alert_call_card(
    call: Call, alert: Alert, person: Person, *, people: Mapping[str, Person], link: str | None = None
) -> Message:
    """The message in the alert's present state; `link` leads to the card in the channel, where there is one."""
    finding, zone = alert.finding, ZoneInfo(person.zone)
    first = clean(person.name, 40).split()[0]
    over = alert.state is AlertState.RECOVERED
    head = "🟢 *It is over.*" if over else f"{MARKS[finding.severity]} *{data(first, 40)}, {_HEADS[call.kind]}*"
    said = f"“{data(spelled(call.words), 400)}”" if call.words.strip() else ""
    title = f"*{data(alert.id, 30)}* · {data(spelled(finding.title), 150)}"
    lines = [head, *([said] if said else []), title, state_line(alert, zone, people)]
    cause = f"*Cause*: {data(spelled(finding.cause), 300, empty='not known yet')}"
    detail = (
        []
        if over
        else [section("\n".join([cause, *([bullets(finding.detail[:2], most=700)] if finding.detail else [])]))]
    )
    small = [context(SIMULATED)] if finding.simulated else []
    blocks = [section("\n".join(lines)), *detail, *small, _controls(call, alert, link)]
    return Message(text=f"{escaped(first)}, {_HEADS[call.kind]}: {spoken(alert)}", blocks=tuple(blocks))


def _controls(call: Call, alert: Alert, link: str | None) -> Block:
    controls = [acknowledge_button(alert)] if alert.state is AlertState.OPEN else []
    if link:
        value = AlertRef(alert.id).encode()
        controls.append(button("Open the card", ActionId.ALERT_OPEN, value, spoken=f"Open {alert.id}") | {"url": link})
    quiet = [option(words, MuteRef(choice, alert.id).encode()) for choice, words in _MUTES.items()]
    return actions(f"{block_prefix(call)}{alert.id}", [*controls, overflow(ActionId.ALERT_MUTE, quiet)])
