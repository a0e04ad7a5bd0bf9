"""Outdate: plans that wait while the data behind them grow too old are judged again, before anybody approves them."""

from collections.abc import Callable
from datetime import datetime

from agents.lifecycle.review import Reviewer, known_plan
from agents.lifecycle.states import judge_anew
from agents.sources.source import SourceUnavailable
from storage.ledger import Ledger
from storage.records.plans import PlanState

DATA_TOO_OLD = "the data behind it have grown too old: it is judged again"


async def outdate(ledger: Ledger, reviewer: Reviewer, *, clock: Callable[[], datetime]) -> tuple[str, ...]:
    """Judge the waiting plans that the rules would refuse by now for the age of their data; gives their ids."""
    async with ledger.read() as tx:
        waiting = await tx.plans.in_states(PlanState.WAITING)
    outdated = []
    for status in waiting:
        try:
            if not await reviewer.is_outdated(status.plan):
                continue
        except SourceUnavailable:
            continue  # nobody knows what day it is there; it is looked at again when the source answers
        async with ledger.write() as tx:
            now = await known_plan(tx, status.plan.id)
            if (now.state, now.version) != (status.state, status.version):
                continue
            await judge_anew(tx, now, now=clock(), because=DATA_TOO_OLD)
        await reviewer.review(status.plan.id)
        outdated.append(status.plan.id)
    return tuple(outdated)
