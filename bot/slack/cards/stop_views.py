"""Dialogs that stop the machine, let it go on, and let one person through: each says what will follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from bot.slack.buttons import CallbackId, FreezeRef, GlassRef
from bot.slack.cards.blocks import (
    MOST_OPTION_VALUE,
    Block,
    View,
    chosen,
    grouped_select,
    input_block,
    modal,
    option,
    section,
    select,
    text_input,
    too_long,
    written,
)
from bot.slack.cards.markup import clean, cut, data, plain_moment, width, words
from bot.slack.cards.stops_part import freeze_line
from bot.slack.values import MalformedButton
from storage.records.people import Person
from storage.records.stops import Freeze, FreezeScope, Glass

MOST_REASON = 500
_SCOPE = "scope"
_REASON = "reason"
_FREEZE = "freeze"
_INPUT = "held"
_WRITE_WHY = "Please say why: everybody reads it, and it is kept."


@dataclass(frozen=True)
class FreezeForm:
    """What shall stop; with `errors` (by block id) the dialog stays open."""

    scope: FreezeScope
    value: str
    reason: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ThawForm:
    """Which freeze shall end, None for all; with `errors` (by block id) the dialog stays open."""

    freeze_id: str | None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ReasonForm:
    """What was written; with `errors` (by block id) the dialog stays open."""

    reason: str
    errors: dict[str, str] = field(default_factory=dict)


def freeze_view(*, brands: Sequence[str] = (), channels: Sequence[str] = (), agents: Sequence[str] = ()) -> View:
    """What to stop, and why; everything is offered first."""
    everything = option("Everything", _scope_value(FreezeScope.ALL, ""))
    groups = [
        ("All", [everything]),
        ("One channel", _scopes(FreezeScope.CHANNEL, channels)),
        ("One brand", _scopes(FreezeScope.BRAND, brands)),
        ("One agent", _scopes(FreezeScope.AGENT, agents)),
    ]
    what = grouped_select("What shall stop?", _INPUT, groups) | {"initial_option": everything}
    intro = (
        "🧊 *Nothing is written any more* within a second, also by plans that are being carried out. "
        "People can still decide. It stays so until an approver or the CMO thaws it."
    )
    blocks = [section(intro), input_block(_SCOPE, "What", what), _reason("Why?", "Such as: Black Friday, no changes")]
    return modal("Freeze", CallbackId.FREEZE, blocks, submit="Freeze", close="Cancel")


def read_freeze(values: Mapping[str, Any]) -> FreezeForm:
    """From `view["state"]["values"]`."""
    scope, _, value = chosen(values, _SCOPE, _INPUT).partition(":")
    reason, errors = _read_reason(values)
    if scope not in {one.value for one in FreezeScope} or (scope == FreezeScope.ALL) != (not value):
        return FreezeForm(FreezeScope.ALL, "", reason, {**errors, _SCOPE: "Choose what shall stop."})
    return FreezeForm(FreezeScope(scope), value, reason, errors)


def thaw_view(freezes: Sequence[Freeze], *, people: Mapping[str, Person], zone: ZoneInfo, first: str = "") -> View:
    """Choose among the freezes in force, `first` being chosen already; without any it says so and has no submit."""
    if not freezes:
        return modal("Thaw", CallbackId.THAW, [section("Nothing is frozen.")])
    options = [
        option(f"{cut(one.id, 20)} · {clean(one.reason, 50)}", FreezeRef(one.id).encode()) for one in freezes[:99]
    ]
    if len(freezes) > 1:
        options.append(option("All of them", FreezeRef("all").encode()))
    initial = next((one for one in options if first and one["value"] == FreezeRef(first).encode()), options[0])
    lines = "\n".join(freeze_line(one, people, zone) for one in freezes[:5])
    after = "☀️ *What it stopped goes on at once*, unless its time is over or the rules say otherwise by now."
    which = select("Freeze", _INPUT, options) | {"initial_option": initial}
    blocks = [section(lines), section(after), input_block(_FREEZE, "Which", which)]
    return modal("Thaw", CallbackId.THAW, blocks, submit="Thaw", close="Cancel")


def read_thaw(values: Mapping[str, Any]) -> ThawForm:
    """From `view["state"]["values"]`."""
    try:
        ref = FreezeRef.decode(chosen(values, _FREEZE, _INPUT))
    except MalformedButton:
        return ThawForm(None, {_FREEZE: "Choose a freeze."})
    return ThawForm(None if ref.freeze_id == "all" else ref.freeze_id)


def break_glass_view(reason: str = "") -> View:
    """The consequences before the button; `reason` is what was written with the command."""
    told = (
        "🚨 *For emergencies only.* For *one hour* you decide alone:\n"
        "• what you approve or ask for needs nobody else, and freezes do not stop it\n"
        "• *hard caps still hold*\n"
        "• *everybody in the channel is told*, with your name and reason\n"
        "• *somebody else reviews* afterwards all that was done"
    )
    blocks = [
        section(told),
        _reason("What is the emergency?", "Such as: a wrong price is live and finance is away", written_so_far=reason),
    ]
    return modal("Break the glass", CallbackId.BREAK_GLASS, blocks, submit="Break the glass", close="Cancel")


def concern_view(glass: Glass, *, people: Mapping[str, Person], zone: ZoneInfo) -> View:
    """What was wrong, in words."""
    person = people.get(glass.person_id)
    who = data(person.name if person else glass.person_id, 40)
    at = plain_moment(glass.broken_at, zone)
    told = f"*{data(glass.id, 30)}* of {who}, {at}: “{data(glass.reason, 300, empty='no reason given')}”"
    blocks = [section(told), _reason("What was wrong?", "It goes into the audit trail and to the channel.")]
    metadata = GlassRef(glass.id).encode()
    return modal("Raise a concern", CallbackId.GLASS_CONCERN, blocks, metadata=metadata, submit="Send", close="Back")


def read_reason(values: Mapping[str, Any]) -> ReasonForm:
    """Of broken glass and of a concern, from `view["state"]["values"]`."""
    return ReasonForm(*_read_reason(values))


def _scopes(scope: FreezeScope, names: Sequence[str]) -> list[Block]:
    values = {_scope_value(scope, name): name for name in names if name}
    shown = words if scope in {FreezeScope.CHANNEL, FreezeScope.AGENT} else str
    return [
        option(clean(shown(name), 75), value) for value, name in values.items() if width(value) <= MOST_OPTION_VALUE
    ]


def _scope_value(scope: FreezeScope, value: str) -> str:
    return f"{scope.value}:{value}"


def _reason(label: str, placeholder: str, *, written_so_far: str = "") -> Block:
    element = text_input(_INPUT, placeholder, most=MOST_REASON)
    if written_so_far:
        element |= {"initial_value": written_so_far[:MOST_REASON]}
    return input_block(_REASON, label, element)


def _read_reason(values: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    reason = written(values, _REASON, _INPUT)
    if not reason:
        return "", {_REASON: _WRITE_WHY}
    return reason, too_long(reason, MOST_REASON, _REASON)
