"""Broken glass and freezes as the channel sees them: loud while they last, and what has to be looked at afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.slack.buttons import ActionId, FreezeRef, GlassRef
from bot.slack.cards.approvals_part import name_of
from bot.slack.cards.blocks import Block, Message, actions, button, context, header, section
from bot.slack.cards.list_cards import plan_line
from bot.slack.cards.markup import clean, count, cut, data, escaped, moment, spelled, within
from bot.slack.cards.stops_part import scope_of
from storage.records.people import Person
from storage.records.plans import PlanStatus
from storage.records.stops import Freeze, Glass

WHAT_IT_MEANS = (
    "Others need not approve, freezes and blackouts do not stop this person. Hard caps still hold, "
    "and everything done is listed here."
)
_SHOWN_PLANS = 15
_MOST_LIST = 2600
_MOST_VIEWERS = 50


def glass_card(
    glass: Glass,
    plans: Sequence[PlanStatus],
    *,
    people: Mapping[str, Person],
    zone: ZoneInfo,
    now: datetime,
    reviewers: Sequence[Person] = (),
) -> Message:
    """Open, to be reviewed, or reviewed; `plans` are those decided or asked for under it, `reviewers` may judge it."""
    who = _plain_name(people, glass.person_id)
    if glass.reviewed_at is not None:
        title = f"✅ Broken glass of {who}: reviewed"
    elif glass.holds(now):
        title = f"🚨 BROKEN GLASS: {who} decides alone"
    else:
        title = f"🚨 Broken glass of {who}: please review"
    facts = f"*Why*: “{data(glass.reason, 500, empty='no reason given')}”\n{_clock(glass, people, zone, now)}"
    done = [plan_line(one, zone) for one in plans[:_SHOWN_PLANS]]
    hidden = len(plans) - len(done)
    done += [f"…and {count(hidden, 'more plan')}"] if hidden > 0 else []
    listed = within(done, _MOST_LIST) or "Nothing so far."
    review = _review(glass, reviewers) if glass.reviewed_at is None and not glass.holds(now) else []
    blocks = [
        # By this id the card is found again after a crash, in every state.
        header(title) | {"block_id": f"glass.{glass.id}"},
        section(facts),
        section(f"*Done under {data(glass.id, 30)}*\n{listed}"),
        *review,
        context(WHAT_IT_MEANS if glass.reviewed_at is None else f"{data(glass.id, 30)}  ·  kept in the audit trail"),
    ]
    return Message(text=escaped(f"{title}. {clean(glass.reason, 200, empty='')}"), blocks=tuple(blocks))


def freeze_card(freeze: Freeze, *, people: Mapping[str, Person], zone: ZoneInfo) -> Message:
    """The announcement: what stands still and how it goes on; once thawed, by whom and when."""
    scope, reason = scope_of(freeze), data(spelled(freeze.reason), 500, empty="no reason given")
    name, by = data(freeze.id, 30), name_of(people, freeze.frozen_by)
    if freeze.thawed_at is not None:
        told = thaw_line(freeze, people, zone)
        before = f"It had stood since {moment(freeze.at, zone)} ({by}): “{reason}”"
        return Message(text=f"{name} is lifted: {scope} goes on.", blocks=(section(f"{told}\n{before}"),))
    thaw = button("Thaw…", ActionId.FREEZE_THAW, FreezeRef(freeze.id).encode(), spoken=f"Thaw {cut(freeze.id, 30)}")
    blocks = (
        header("🧊 Frozen: nothing is written"),
        section(f"*{name}* stops *{scope}*, {moment(freeze.at, zone)} by {by}\n“{reason}”"),
        section(
            "*What it means*: plans can still be decided, but none is carried out; "
            "those under way stop between two changes. *If nobody does anything*, it stays so until somebody thaws it."
        ),
        actions(f"freeze.{freeze.id}", [thaw]),
    )
    return Message(text=f"{name} stops {scope}: “{reason}”", blocks=blocks)


def thaw_line(freeze: Freeze, people: Mapping[str, Person], zone: ZoneInfo) -> str:
    """As in "☀️ *FREEZE-2 is lifted* by Carla Mendes, today at 14:30: everything goes on"."""
    at = f", {moment(freeze.thawed_at, zone)}" if freeze.thawed_at else ""
    who = name_of(people, freeze.thawed_by or "")
    return f"☀️ *{data(freeze.id, 30)} is lifted* by {who}{at}: {scope_of(freeze)} goes on"


def _clock(glass: Glass, people: Mapping[str, Person], zone: ZoneInfo, now: datetime) -> str:
    since = f"Broken {moment(glass.broken_at, zone)}"
    if glass.reviewed_at is not None:
        by, words = name_of(people, glass.reviewed_by or ""), data(glass.review, 500, empty="nothing to object to")
        return f"{since}\n*Reviewed by {by}*, {moment(glass.reviewed_at, zone)}: “{words}”"
    if glass.holds(now):
        ends = "*If nobody does anything:* it ends then, and somebody else reviews what was done"
        return f"{since}, *until {moment(glass.until, zone)}*\n{ends}"
    over = moment(glass.closed_at or glass.until, zone)
    return f"{since}, over since {over}\n*Somebody else has to look at it.* Until then it stays open here"


def _review(glass: Glass, reviewers: Sequence[Person]) -> list[Block]:
    value = GlassRef(glass.id).encode()
    seen = [one.slack_id for one in reviewers if one.slack_id and one.id != glass.person_id][:_MOST_VIEWERS]
    fine = button("Nothing to object to", ActionId.GLASS_FINE, value, style="primary", visible_to=seen)
    concern = button("Raise a concern…", ActionId.GLASS_CONCERN, value, style="danger", visible_to=seen)
    return [actions(f"glass.{glass.id}.review", [fine, concern])]


def _plain_name(people: Mapping[str, Person], person_id: str) -> str:
    person = people.get(person_id)
    return clean(person.name if person else person_id, 40)
