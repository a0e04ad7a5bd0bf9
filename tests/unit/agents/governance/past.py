"""Past decisions as they are stored, for asking other rules about them."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from agents.governance.loading import read_files
from agents.governance.situation import (
    TOTAL,
    AudienceStep,
    BudgetStep,
    ContentStep,
    Situation,
    StatusStep,
    Sums,
    scope,
)
from storage.records.plans import PlanKind
from storage.records.policies import PolicyFile
from tests.builders import NOW, a_verdict, pounds

FILES = read_files()
CHANNELS = ("email", "paid_search", "paid_social", "website")


def a_situation(seed: int) -> Situation:
    """A plan of one to eight changes; equal seeds give equal plans. Two of three are as agents make them, one is wild."""
    dice = random.Random(seed)
    wild = seed % 3 == 2
    places = [(dice.choice(CHANNELS), dice.choice(("main", "other")), dice.choice(("north", ""))) for _ in range(8)]
    steps = [a_step(dice, number, *place, wild=wild) for number, place in enumerate(places[: dice.randint(1, 8)])]
    raised = sum(max(0, step.after.minor - step.before.minor) for step in steps if isinstance(step, BudgetStep))
    keys = {
        scope(kind, name) for place in places for kind, name in zip(("channel", "account", "brand"), place, strict=True)
    }
    moved = dice.randrange(-20_000, 20_000)
    return Situation(
        plan=f"PLAN-{seed + 1}",
        kind=PlanKind.BUDGET,
        simulated=True,
        agent="budget_planner",
        skills=() if wild and seed % 2 else ("audience", "budget", "content"),
        at_risk=pounds(1) * (raised * 14 // 100 + dice.randrange(200)),
        raised=raised,
        sums={key: Sums(now=100_000, after=100_000 + moved, month_now=3_000_000) for key in (TOTAL, *sorted(keys))},
        data_age_days=dice.choice((1, 1, 5)) if wild else 1,
        data_sla_days=2,
        glass=wild and dice.random() < 0.2,
        steps=tuple(steps),
    )


def a_step(
    dice: random.Random, number: int, channel: str, account: str, brand: str, *, wild: bool
) -> BudgetStep | StatusStep | ContentStep | AudienceStep:
    known = not wild or dice.random() < 0.9
    shared = {
        "key": f"{channel}/campaign/c-{number}", "channel": channel, "name": f"Campaign {number}", "simulated": True,
        "known": known, "as_planned": known, "repeated": False, "restores_original": False,
        "account": account, "brand": brand,
    }  # fmt: skip
    area = dice.choice(("budget", "budget", "budget", "status", "content", "audience"))
    if area == "status":
        return StatusStep(area="status", **shared, before="active", after="paused", live="active", same_currency=True)
    if area == "content":
        return ContentStep(
            area="content", **shared, before="Old", after=dice.choice(("New", "")) if wild else "New", live="Old"
        )
    if area == "audience":
        after = dice.choice(("fans", "fans", "minors"))
        return AudienceStep(
            area="audience", **shared, before="all", after=after, audience_name=after, audience_known=True,
            consented=not wild or dice.random() < 0.7, people=5_000,
        )  # fmt: skip
    before = pounds(dice.randrange(50, 400))
    percent = dice.randrange(40, 180) if wild else dice.randrange(80, 121)
    after = pounds(max(1, before.minor * percent // 10_000))
    return BudgetStep(
        area="budget", **shared, before=before, after=after, live=before, week_before=before, same_currency=True,
        learning=wild and dice.random() < 0.3,
    )  # fmt: skip


def stored(situations: Sequence[Situation], *, at: datetime = NOW) -> tuple[tuple[str, str, str | None], ...]:
    """Rows as the ledger gives them, newest first, an hour apart."""
    return tuple(
        (
            one.plan,
            a_verdict(judged_at=at - timedelta(hours=number)).model_dump_json(),
            one.model_dump_json(exclude_defaults=True),
        )
        for number, one in enumerate(situations)
    )


def edited(old: str, new: str) -> tuple[PolicyFile, ...]:
    """The shipped files with one piece of text replaced everywhere it stands."""
    changed = tuple(one.model_copy(update={"text": one.text.replace(old, new)}) for one in FILES)
    assert changed != FILES, f"{old} stands nowhere"
    return changed


def with_policy(text: str) -> tuple[PolicyFile, ...]:
    """The shipped files and one of the team's own."""
    return (*FILES, PolicyFile(name="own.cedar", text=text, own=True))
