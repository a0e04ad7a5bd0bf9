"""Freezes in words: what stands still, why, since when, and how it goes on."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bot.slack.cards.approvals_part import name_of
from bot.slack.cards.markup import count, data, moment, spelled, words
from storage.records.dossiers import Dossier
from storage.records.people import Person
from storage.records.stops import Freeze, FreezeScope

_MOST_REASON = 200


def scope_of(freeze: Freeze) -> str:
    """What it stops, for mrkdwn: "everything", "brand Acme", "Paid social", "the agent Budget planner"."""
    if freeze.scope is FreezeScope.BRAND:
        return f"brand {data(freeze.value, 60)}"
    if freeze.scope is FreezeScope.CHANNEL:
        return data(words(freeze.value), 60)
    if freeze.scope is FreezeScope.AGENT:
        return f"the agent {data(words(freeze.value), 60)}"
    return "everything"


def freeze_line(freeze: Freeze, people: Mapping[str, Person], zone: ZoneInfo) -> str:
    """As in "🧊 *FREEZE-2* stops everything: “Black Friday” · Ada Novak, today at 09:00"."""
    reason = data(spelled(freeze.reason), _MOST_REASON, empty="no reason given")
    who = name_of(people, freeze.frozen_by)
    return f"🧊 *{data(freeze.id, 30)}* stops {scope_of(freeze)}: “{reason}” · {who}, {moment(freeze.at, zone)}"


def freeze_id(dossier: Dossier) -> str:
    """The name of what stops the plan: "FREEZE-2", with more than one "FREEZE-2 and 1 other"."""
    first, *more = dossier.freezes
    others = f" and {count(len(more), 'other')}" if more else ""
    return f"{data(first.id, 30)}{others}"


def banner(dossier: Dossier) -> str:
    """As in "🧊 *Stopped by FREEZE-2*: “Black Friday” (Ada Novak)", with the reason of the first of several."""
    first = dossier.freezes[0]
    reason = data(spelled(first.reason), _MOST_REASON, empty="no reason given")
    return f"🧊 *Stopped by {freeze_id(dossier)}*: “{reason}” ({name_of(dossier.people, first.frozen_by)})"
