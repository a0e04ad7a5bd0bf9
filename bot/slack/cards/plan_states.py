"""What a plan card says of the plan's state: a colour, words, who and when; one function a state."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.slack.cards.approvals_part import approved_by, escalation, if_nothing, name_of, names, tally
from bot.slack.cards.markup import bullets, clean, count, data, moment, spelled
from bot.slack.cards.stops_part import freeze_id
from storage.records.dossiers import Dossier
from storage.records.executions import ExecutionState
from storage.records.plans import PlanState
from storage.records.verdicts import Answer

_MOST_REASONS = 2000

WORDS = {
    PlanState.PROPOSED: "is being reviewed",
    PlanState.HELD: "is held",
    PlanState.WAITING: "waits for approval",
    PlanState.APPROVED: "is approved",
    PlanState.EXECUTING: "is being carried out",
    PlanState.DONE: "is done",
    PlanState.FAILED: "failed",
    PlanState.REFUSED: "was refused by policy",
    PlanState.REJECTED: "was rejected",
    PlanState.EXPIRED: "expired undecided",
    PlanState.SUPERSEDED: "was superseded",
    PlanState.ROLLED_BACK: "was rolled back",
}
"""For sentences: "PLAN-12 waits for approval"."""

MARKS = {
    PlanState.PROPOSED: "⚪",
    PlanState.HELD: "🟣",
    PlanState.WAITING: "🟡",
    PlanState.APPROVED: "🔵",
    PlanState.EXECUTING: "🔵",
    PlanState.DONE: "🟢",
    PlanState.FAILED: "🔴",
    PlanState.REFUSED: "⛔",
    PlanState.REJECTED: "⚫",
    PlanState.EXPIRED: "⚪",
    PlanState.SUPERSEDED: "⚪",
    PlanState.ROLLED_BACK: "↩️",
}


_STOPPABLE = {PlanState.PROPOSED, PlanState.HELD, PlanState.WAITING, PlanState.APPROVED, PlanState.EXECUTING}


def overdue(dossier: Dossier, now: datetime) -> bool:
    """Whether its time to be decided has passed, even if the row that says so is not written yet."""
    undecided = dossier.status.state in {PlanState.PROPOSED, PlanState.HELD, PlanState.WAITING}
    return undecided and dossier.status.plan.expires_at <= now


def state_text(dossier: Dossier, zone: ZoneInfo, now: datetime) -> str:
    """mrkdwn: a coloured mark and the state in bold, then what matters in that state."""
    state = PlanState.EXPIRED if overdue(dossier, now) else dossier.status.state
    mark = "🧊" if stopped(dossier) and state is PlanState.EXECUTING else MARKS[state]
    return f"{mark} {_TEXTS[state](dossier, zone, now)}"


def cooling_off(dossier: Dossier, now: datetime) -> bool:
    """Whether an approved plan still waits for the time to think better of it to pass."""
    return dossier.status.state is PlanState.APPROVED and dossier.starts_at is not None and now < dossier.starts_at


def stopped(dossier: Dossier) -> bool:
    """Whether a freeze keeps it from being carried out, or from going on."""
    return bool(dossier.freezes) and dossier.status.state in _STOPPABLE


def _proposed(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    return f"*Being reviewed* since {moment(dossier.status.since, zone)}"


def _held(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    reason = _note(dossier, "No reason was recorded.")
    return f"*Held*: it cannot be approved yet. {reason}\n{if_nothing(dossier, zone)}"


def _waiting(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    so_far = f"  ·  {counted}" if (counted := tally(dossier)) else ""
    head = (
        f"*Waits for {names(dossier.approvers)}*{so_far}"
        if dossier.approvers
        else "*Waits*, but ⚠️ *nobody may approve this as things stand.* Ask an admin to add an approver."
    )
    lines = [head, if_nothing(dossier, zone), *_asked_again(dossier), *escalation(dossier, zone)]
    return "\n".join(line for line in lines if line)


def _asked_again(dossier: Dossier) -> list[str]:
    """What is special about this waiting: rules changed after an approval, or nobody is left to ask."""
    return [f"ℹ️ {_note(dossier, '')}"] if dossier.status.note.strip() else []


def _approved(dossier: Dossier, zone: ZoneInfo, now: datetime) -> str:
    head = f"*Approved* by {approved_by(dossier, zone)}."
    expires = moment(dossier.status.plan.expires_at, zone)
    if stopped(dossier):
        return f"{head}\n*If nobody thaws {freeze_id(dossier)}:* it expires {expires} and *nothing changes*"
    if cooling_off(dossier, now) and dossier.starts_at:
        starts = moment(dossier.starts_at, zone)
        return f"{head}\n⏳ *Starts {starts} unless withdrawn.*\n*If nobody does anything:* it is carried out then"
    return f"{head} Starting…"


def _executing(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    by = f"Approved by {approved_by(dossier, zone)}"
    if stopped(dossier):
        expires = moment(dossier.status.plan.expires_at, zone)
        rest = f"what was applied stays, and after {expires} the rest is never written"
        return f"*Stopped*: {_progress(dossier)}\n*If nobody thaws {freeze_id(dossier)}:* {rest}\n{by}"
    return f"*In progress*: {_progress(dossier)}\n{by}"


def _done(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    lines = [
        f"*Done* {moment(dossier.status.since, zone)}: {_progress(dossier)}",
        f"Approved by {approved_by(dossier, zone)}",
    ]
    if dossier.rolled_back_by:
        lines.append(f"↩️ {data(dossier.rolled_back_by, 30)} is set to take it back")
    return "\n".join(lines)


def _failed(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    applied = _applied(dossier)
    safe = (
        f"{_progress(dossier)}; what was applied stays until you roll it back. Nothing else will be written."
        if applied
        else "Nothing was changed, and nothing else will be written."
    )
    what = _note(dossier, "The channel gave no reason.")
    return f"*Failed* {moment(dossier.status.since, zone)}: {what}\n*What is safe*: {safe}"


def _refused(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    reasons = dossier.verdict.reasons if dossier.verdict else ()
    listed = bullets([reason.text or reason.policy for reason in reasons], most=_MOST_REASONS, each=240)
    return f"*Refused by policy* {moment(dossier.status.since, zone)}. Nothing was changed.\n" + (
        listed or _note(dossier, "No reason was recorded.")
    )


def _rejected(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    said = [one for one in dossier.decisions if one.answer is Answer.REJECT]
    if not said:
        return f"*Rejected*. Nothing was changed.\n{_note(dossier, 'No reason was recorded.')}"
    last = said[-1]
    reason = data(last.reason, 500, empty="no reason given")
    who = name_of(dossier.people, last.person_id)
    return f"*Rejected* by {who}, {moment(last.decided_at, zone)}. Nothing was changed.\n“{reason}”"


def _expired(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    at = moment(dossier.status.plan.expires_at, zone)
    what = _note(dossier, "nobody decided in time; nothing was changed")
    return f"*Expired* {at}: {what}."


def _superseded(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    return f"*Superseded* {moment(dossier.status.since, zone)}. Nothing was changed by this plan.\n" + _note(
        dossier, "A newer plan took its place."
    )


def _rolled_back(dossier: Dossier, zone: ZoneInfo, _now: datetime) -> str:
    by = f" by {data(dossier.rolled_back_by, 30)}" if dossier.rolled_back_by else ""
    return f"*Rolled back*{by}, {moment(dossier.status.since, zone)}\nHad been approved by {approved_by(dossier, zone)}"


_TEXTS: dict[PlanState, Callable[[Dossier, ZoneInfo, datetime], str]] = {
    PlanState.PROPOSED: _proposed,
    PlanState.HELD: _held,
    PlanState.WAITING: _waiting,
    PlanState.APPROVED: _approved,
    PlanState.EXECUTING: _executing,
    PlanState.DONE: _done,
    PlanState.FAILED: _failed,
    PlanState.REFUSED: _refused,
    PlanState.REJECTED: _rejected,
    PlanState.EXPIRED: _expired,
    PlanState.SUPERSEDED: _superseded,
    PlanState.ROLLED_BACK: _rolled_back,
}


def _note(dossier: Dossier, otherwise: str) -> str:
    return data(spelled(dossier.status.note), 500, empty=otherwise)


def _applied(dossier: Dossier) -> int:
    return sum(one.state is ExecutionState.APPLIED for one in dossier.executions)


def _progress(dossier: Dossier) -> str:
    return f"{_applied(dossier):,} of {count(len(dossier.status.plan.changes), 'change')} applied"


def spoken_state(dossier: Dossier, now: datetime) -> str:
    """One sentence for notifications and screen readers: "PLAN-12 waits for approval: Shift £210/day …"."""
    plan = dossier.status.plan
    state = PlanState.EXPIRED if overdue(dossier, now) else dossier.status.state
    revision = f" (revision {plan.revision})" if plan.revision > 1 else ""
    return f"{plan.id}{revision} {WORDS[state]}: {clean(spelled(plan.title), 120)}"
