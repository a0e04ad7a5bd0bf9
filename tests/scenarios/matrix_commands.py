"""The commands of the matrix, by hand from what the product promises and from policies/people.cedar."""

from tests.scenarios.matrix_people import KNOWN
from tests.scenarios.matrix_row import Row, effect, opens, says
from tests.scenarios.matrix_world import World

ALL = " ".join(KNOWN)
WORKING = "operator approver cmo delegate"
"""Who proposes, edits and asks for rollbacks."""
STOPPING = "operator approver cmo admin delegate"
STARTING = "approver cmo"
LENDING = "approver brand finance legal cmo admin"


async def _plan_card(world: World, name: str) -> dict[str, object]:
    return world.command(name, "/plan", (await world.waiting()).id)


async def _rollback_of(world: World, name: str) -> dict[str, object]:
    return world.command(name, "/rollback", (await world.done()).id)


async def _rollback(world: World, name: str) -> dict[str, object]:
    await world.done()
    return world.command(name, "/rollback")


async def _freeze(world: World, name: str) -> dict[str, object]:
    await world.thawed()
    return world.command(name, "/freeze", "channel email wrong prices are live")


async def _freeze_all(world: World, name: str) -> dict[str, object]:
    await world.thawed()
    return world.command(name, "/freeze", "ALL Black Friday")


async def _thaw(world: World, name: str) -> dict[str, object]:
    await world.frozen()
    return world.command(name, "/thaw")


async def _thaw_one(world: World, name: str) -> dict[str, object]:
    return world.command(name, "/thaw", await world.frozen())


async def _thaw_all(world: World, name: str) -> dict[str, object]:
    await world.frozen()
    return world.command(name, "/thaw", "all")


async def _end_of_others(world: World, name: str) -> dict[str, object]:
    return world.command(name, "/delegate", f"end {await world.delegation('claude', 'rita')}")


async def _ask_the_planner(world: World, name: str) -> dict[str, object]:
    await world.refused_by_claude("PLAN-1")  # else it is what the planner answers
    return world.command(name, "/plan")


def _plain(command: str, text: str = ""):
    async def send(world: World, name: str) -> dict[str, object]:
        return world.command(name, command, text)

    return send


COMMANDS = (
    Row("command /plan", "list", _plain("/plan", "list"), {ALL: says("PLAN-1")}),
    Row("command /plan", "help", _plain("/plan", "help"), {ALL: says("/kpi")}),
    Row("command /plan", "one plan", _plain("/plan", "PLAN-1"), {ALL: says("PLAN-1")}),
    Row("command /plan", "no such plan", _plain("/plan", "PLAN-999"), {ALL: says("There is no PLAN-999")}),
    Row("command /plan", "nonsense", _plain("/plan", "'; DROP TABLE plan; --"), {ALL: says("I do not know")}),
    Row("command /plan", "a waiting plan", _plan_card, {ALL: says("Waits for")}),
    Row("command /kpi", "a number", _plain("/kpi", "roas last week"), {ALL: says("ROAS")}),
    Row("command /kpi", "nothing", _plain("/kpi"), {ALL: says("/kpi")}),
    Row("command /data", "the picture", _plain("/data"), {ALL: says("Your data")}),
    Row("command /graph", "a campaign", _plain("/graph", "campaign ps-2001"), {ALL: says("hang together")}),
    Row("command /graph", "nobody", _plain("/graph", "<!channel> zork"), {ALL: says("Nothing")}),
    Row(
        "command /dashboard", "a link", _plain("/dashboard"),
        {ALL: effect("trail: dashboard.link_given", told="Open the dashboard")},
    ),
    Row("command /dashboard", "no such view", _plain("/dashboard", "<!channel>"), {ALL: says("There is no view")}),
    Row("command /fleet", "the agents", _plain("/fleet"), {ALL: says("Budget planner")}),
    Row("command /rollback", "choose", _rollback, {f"{WORKING} admin": opens("rollback.pick")}, refused="may rollback"),
    Row("command /rollback", "of a plan", _rollback_of, {WORKING: opens("rollback.confirm")}, refused="may rollback"),
    Row("command /freeze", "the form", _plain("/freeze"), {STOPPING: opens("freeze")}, refused="may freeze"),
    Row(
        "command /freeze", "a channel", _freeze,
        {STOPPING: effect("frozen", "trail: freeze.set", told="is frozen")}, refused="may freeze",
    ),
    Row(
        "command /freeze", "everything", _freeze_all,
        {STOPPING: effect("frozen", "trail: freeze.set", told="Everything is frozen")}, refused="may freeze",
    ),
    Row("command /freeze", "without a reason", _plain("/freeze", "all"), {ALL: says("Write what and why")}),
    Row("command /freeze", "what is not there", _plain("/freeze", "brand <!channel> x"), {ALL: says("There is no brand")}),
    Row("command /thaw", "the form", _thaw, {STARTING: opens("thaw")}, refused="may thaw"),
    Row(
        "command /thaw", "one", _thaw_one, {STARTING: effect("thawed", "trail: freeze.lifted", told="Thawed")},
        refused="may thaw",
    ),
    Row(
        "command /thaw", "all", _thaw_all, {STARTING: effect("thawed", "trail: freeze.lifted", told="Thawed")},
        refused="may thaw",
    ),
    Row("command /thaw", "nonsense", _plain("/thaw", "FREEZE-0"), {ALL: says("Write /thaw FREEZE-1")}),
    Row("command /breakglass", "the form", _plain("/breakglass"), {"cmo": opens("glass.break")}, refused="may break glass"),
    Row(
        "command /breakglass", "with words", _plain("/breakglass", "a wrong price is live"),
        {"cmo": opens("glass.break")}, refused="may break glass",
    ),
    Row("command /delegate", "the form", _plain("/delegate"), {LENDING: opens("delegate")}, refused="may delegate"),
    Row("command /delegate", "list", _plain("/delegate", "list"), {ALL: says("DELEGATION-1")}),
    Row(
        "command /delegate", "end that of others", _end_of_others,
        {"admin": effect("delegation ended", "trail: delegation.ended", told="has ended")}, refused="is ended by",
    ),
    Row("command /delegate", "end what is not there", _plain("/delegate", "end DELEGATION-99"), {ALL: says("DELEGATION-99")}),
    Row("command /policy", "the rules", _plain("/policy"), {ALL: says("Rules in force: edition 1")}),
    Row("command /policy", "one file", _plain("/policy", "show limits.yml"), {ALL: says("daily_cap")}),
    Row("command /policy", "no such file", _plain("/policy", "show ../people.yml"), {ALL: says("The rules have no file")}),
    Row("command /policy", "propose", _plain("/policy", "propose"), {"cmo admin": opens("policy.propose")}, refused="may amend"),
    Row("command /market", "nonsense", _plain("/market", "sell all"), {STOPPING: says("write /market")}, refused="may move the simulated market on"),
    Row(
        "command /market", "scenario", _plain("/market", "scenario healthy-month"),
        {STOPPING: effect("scenario changed", told="From now on")}, refused="may move the simulated market on",
    ),
)  # fmt: skip

MARKET_MOVES = (
    Row(
        "command /market", "one day", _plain("/market", "tick 1d"),
        {STOPPING: effect("day changed", told="moved on by a day")}, refused="may move the simulated market on",
    ),
    Row(
        "command /plan", "ask the planner", _ask_the_planner,
        {WORKING: effect("new plan: waiting", "new revision", told="its card is in the channel")},
        refused="may propose",
    ),
)  # fmt: skip
"""Last, since they change what every other plan was made from."""
