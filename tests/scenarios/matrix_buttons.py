"""The buttons of the matrix, by hand from what the product promises and from policies/people.cedar."""

from bot.slack.alert_buttons import AlertChoice, AlertMenuRef, MuteChoice, MuteRef
from bot.slack.buttons import (
    AlertRef,
    DelegationRef,
    FreezeRef,
    GlassRef,
    MenuRef,
    PageRef,
    PlanChoice,
    PlanName,
    Question,
    SnoozeRef,
)
from bot.slack.data_buttons import AnswerRef, LoadRef
from tests.fakes.member import Json
from tests.scenarios.matrix_commands import ALL, LENDING, STARTING, STOPPING, WORKING
from tests.scenarios.matrix_reviews import REVIEW_BUTTONS
from tests.scenarios.matrix_row import Row, effect, opens, says
from tests.scenarios.matrix_world import World

DECIDING = "approver brand finance legal cmo delegate"
COUNTING = "approver cmo delegate"
"""Whose approval is what a budget plan waits for."""
OTHERS_DECIDING = "brand finance legal"
"""Who may decide, and whose approval a budget plan does not wait for."""
REMINDING = "operator approver brand finance legal cmo admin delegate"
REVIEWING = "approver cmo admin"
ANSWERING = "operator approver cmo admin delegate"

WRITTEN = ("new execution", "new edit", "budget changed")
ASKED = ("asked aaron", "asked approver", "asked carla", "asked claude", "asked cmo", "asked delegate")
"""Everybody whom a budget plan waits for; Anton is on leave."""


def _of_plan(action_id: str):
    async def send(world: World, name: str) -> Json:
        await world.thawed()
        return world.click(name, action_id, (await world.reference(await world.waiting())).encode())

    return send


def _of_menu(choice: PlanChoice):
    async def send(world: World, name: str) -> Json:
        ref = MenuRef(choice, await world.reference(await world.waiting()))
        return world.click(name, "plan.more", ref.encode(), chosen=True)

    return send


async def _withdraw(world: World, name: str) -> Json:
    plan = await world.stopped(
        *([name, "claude"] if name in OTHERS_DECIDING.split() else [name if name in COUNTING.split() else "claude"])
    )
    return world.click(name, "plan.withdraw", (await world.reference(plan)).encode())


async def _roll_back(world: World, name: str) -> Json:
    return world.click(name, "plan.rollback", PlanName((await world.done()).id).encode())


async def _open(world: World, name: str) -> Json:
    return world.click(name, "plan.open", PlanName((await world.waiting()).id).encode())


async def _thaw(world: World, name: str) -> Json:
    return world.click(name, "freeze.thaw", FreezeRef(await world.frozen()).encode())


def _of_glass(action_id: str):
    async def send(world: World, name: str) -> Json:
        return world.click(name, action_id, GlassRef(await world.glass()).encode())

    return send


def _of_ticked(action_id: str):
    async def send(world: World, name: str) -> Json:
        plan = await world.waiting()
        return world.home_click(name, action_id, PageRef(1).encode(), ticked=(await world.reference(plan),))

    return send


def _of_home(action_id: str):
    async def send(world: World, name: str) -> Json:
        return world.home_click(name, action_id, PageRef(1).encode())

    return send


async def _end_own(world: World, name: str) -> Json:
    giver = name if name in LENDING.split() and name != "admin" else "claude"
    return world.home_click(name, "delegation.end", DelegationRef(await world.delegation(giver, "rita")).encode())


async def _end_of_others(world: World, name: str) -> Json:
    return world.home_click(name, "delegation.end", DelegationRef(await world.delegation("claude", "rita")).encode())


async def _acknowledge(world: World, name: str) -> Json:
    return world.click(name, "alert.acknowledge", AlertRef(await world.alert()).encode())


async def _snooze(world: World, name: str) -> Json:
    return world.click(name, "alert.snooze", SnoozeRef(await world.alert(), 3).encode(), chosen=True)


async def _suspects(world: World, name: str) -> Json:
    return world.click(name, "alert.suspects", AlertRef(await world.alert()).encode())


async def _open_alert(world: World, name: str) -> Json:
    return world.click(name, "alert.open", AlertRef(await world.alert()).encode())


async def _mute(world: World, name: str) -> Json:
    return world.click(name, "alert.mute", MuteRef(MuteChoice.ALL_1_DAY, await world.alert()).encode(), chosen=True)


def _of_alert_menu(choice: AlertChoice):
    async def send(world: World, name: str) -> Json:
        return world.click(name, "alert.more", AlertMenuRef(choice, await world.alert()).encode(), chosen=True)

    return send


async def _kpi(world: World, name: str) -> Json:
    return world.click(name, "kpi.ask.0", Question("roas last week").encode())


async def _answer(world: World, name: str) -> Json:
    asked = await world.question()
    return world.click(name, "question.answer.0", AnswerRef(asked.id, asked.version, "yes").encode())


async def _old_answer(world: World, name: str) -> Json:
    asked = await world.question()
    return world.click(name, "question.answer.0", AnswerRef(asked.id, asked.version + 1, "yes").encode())


async def _set_aside(world: World, name: str) -> Json:
    return world.click(name, "data.set_aside", LoadRef("all").encode())


REVIEWED = effect("glass reviewed by me", "trail: glass.closed", "trail: glass.reviewed", told="Your review")
"""One still in force ends with its review."""
_RECORDED = effect("approve by me", "trail: plan.approve")
BUTTONS = (
    Row(
        "button plan.approve", "a waiting plan", _of_plan("plan.approve"),
        {
            COUNTING: effect("approve by me", "trail: plan.approve", "plan: waiting → done", *WRITTEN),
            OTHERS_DECIDING: _RECORDED,
        },
        refused="You cannot approve",
    ),
    Row("button plan.edit", "a waiting plan", _of_plan("plan.edit"), {WORKING: opens("plan.edit")}, refused="You cannot edit"),
    Row("button plan.reject", "a waiting plan", _of_plan("plan.reject"), {DECIDING: opens("plan.reject")}, refused="You cannot reject"),
    Row("button plan.why", "a waiting plan", _of_plan("plan.why"), {ALL: says("PLAN-")}),
    Row("button plan.open", "a link", _open, {}, silent=True),
    Row("button plan.rollback", "a plan that is done", _roll_back, {WORKING: opens("rollback.confirm")}, refused="may rollback"),
    Row(
        "button plan.withdraw", "an approved plan under a freeze", _withdraw,
        {
            COUNTING: effect("withdraw by me", "trail: plan.withdraw", "plan: approved → waiting", told="You withdrew"),
            OTHERS_DECIDING: effect("withdraw by me", "trail: plan.withdraw", told="You withdrew"),
        },
        refused="You cannot withdraw",
    ),
    Row("button plan.more", "hand over", _of_menu(PlanChoice.HAND_OVER), {REMINDING: opens("plan.hand_over")}, refused="may remind"),
    Row("button plan.more", "ask", _of_menu(PlanChoice.ASK), {ALL: opens("plan.ask")}),
    Row(
        "button plan.more", "remind", _of_menu(PlanChoice.REMIND),
        {REMINDING: effect(*ASKED, "trail: plan.reminded", told="Reminded")}, refused="may remind",
    ),
    *(
        Row("button plan.more", choice, _of_menu(choice), {ALL: effect("quiet", told="No reminder")})
        for choice in (PlanChoice.QUIET_1_HOUR, PlanChoice.QUIET_4_HOURS, PlanChoice.QUIET_TOMORROW)
    ),
    Row("button freeze.thaw", "a freeze", _thaw, {STARTING: opens("thaw")}, refused="may thaw"),
    Row(
        "button glass.fine", "of another's", _of_glass("glass.fine"),
        {REVIEWING: REVIEWED}, refused="may review glass",
    ),
    Row("button glass.concern", "of another's", _of_glass("glass.concern"), {REVIEWING: opens("glass.concern")}, refused="may review glass"),
    Row("button home.pick", "a box", _of_ticked("home.pick"), {}, silent=True),
    Row("button home.approve", "a ticked plan", _of_ticked("home.approve"), {COUNTING: opens("bulk")}, refused="Nothing that is ticked"),
    Row("button home.reject", "a ticked plan", _of_ticked("home.reject"), {COUNTING: opens("bulk")}, refused="Nothing that is ticked"),
    Row("button home.page", "back", _of_home("home.page.back"), {ALL: effect()}),
    Row("button home.page", "on", _of_home("home.page.on"), {ALL: effect()}),
    Row("button home.freeze", "the form", _of_home("home.freeze"), {STOPPING: opens("freeze")}, refused="may freeze"),
    Row("button home.delegate", "the form", _of_home("home.delegate"), {LENDING: opens("delegate")}, refused="may delegate"),
    Row(
        "button delegation.end", "one's own", _end_own,
        {LENDING: effect("delegation ended", "trail: delegation.ended", told="has ended")}, refused="is ended by",
    ),
    Row(
        "button delegation.end", "that of others", _end_of_others,
        {"admin": effect("delegation ended", "trail: delegation.ended", told="has ended")}, refused="is ended by",
    ),
    Row(
        "button alert.acknowledge", "an open alert", _acknowledge,
        {WORKING: effect("alert: open → acknowledged", "trail: alert.acknowledged")}, refused="may acknowledge",
    ),
    Row(
        "button alert.snooze", "an open alert", _snooze,
        {WORKING: effect("alert: open → snoozed", "trail: alert.snoozed")}, refused="may snooze",
    ),
    Row("button alert.suspects", "an open alert", _suspects, {ALL: says("only an experiment shows that")}),
    Row("button alert.open", "a link", _open_alert, {}, silent=True),
    Row("button alert.mute", "all for a day", _mute, {ALL: effect("trail: alert.muted", told="No direct message")}),
    *(
        Row("button alert.more", choice, _of_alert_menu(choice), {who: opens(form)}, refused=refused)
        for choice, who, form, refused in (
            (AlertChoice.ASSIGN, WORKING, "alert.assign", "may assign"),
            (AlertChoice.SNOOZE_UNTIL, WORKING, "alert.snooze", "may snooze"),
            (AlertChoice.EXPECT, WORKING, "alert.expect", "may say what is normal"),
            (AlertChoice.REBASELINE, WORKING, "alert.rebaseline", "may say what is normal"),
            (AlertChoice.ESCALATE, REMINDING, "alert.escalate", "may escalate"),
        )
    ),
    Row(
        "button question.answer", "an open question", _answer,
        {ANSWERING: effect("question: open → answered", "trail: question.answered")}, refused="may answer",
    ),
    Row(
        "button question.answer", "as it was not asked", _old_answer,
        {ANSWERING: says("has changed since you saw it")}, refused="may answer",
    ),
    Row("button data.picture", "the dialog", _of_home("data.picture"), {ALL: says("Your data")}),
    Row("button data.set_aside", "of all loads", _set_aside, {ALL: says("No rows are set aside")}),
    *REVIEW_BUTTONS,
    Row("button kpi.ask", "a question", _kpi, {ALL: effect()}),
)  # fmt: skip
