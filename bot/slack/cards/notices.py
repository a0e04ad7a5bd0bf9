"""Private answers to one person: kind, short, with what to do next. None of them changes anything."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.slack.buttons import CallbackId
from bot.slack.cards.approvals_part import approved_by, name_of, names, standing, still_needed
from bot.slack.cards.blocks import Message, View, context, modal, section
from bot.slack.cards.kpi_card import prompts
from bot.slack.cards.markup import bullets, data, moment, spelled
from bot.slack.cards.plan_states import WORDS
from storage.records.dossiers import Dossier
from storage.records.people import Person
from storage.records.plans import PlanState
from storage.records.verdicts import Answer


def too_late(dossier: Dossier, *, zone: ZoneInfo) -> Message:
    """For a click on a decided plan: by whom, when, and that the click changed nothing."""
    plan, state = dossier.status.plan, dossier.status.state
    rejected = [one for one in dossier.decisions if one.answer is Answer.REJECT]
    if state is PlanState.REJECTED and rejected:
        last = rejected[-1]
        who = name_of(dossier.people, last.person_id)
        what = f"was already rejected by {who}, {moment(last.decided_at, zone)}"
    elif standing(dossier):
        what = f"was already approved by {approved_by(dossier, zone)}"
    else:
        what = f"{WORDS[state]}, {moment(dossier.status.since, zone)}"
    return _notice(f"*{data(plan.id, 30)}* {what}. Your click changed nothing.")


def expired(dossier: Dossier, *, zone: ZoneInfo) -> Message:
    plan = dossier.status.plan
    return _notice(
        f"*{data(plan.id, 30)}* expired {moment(plan.expires_at, zone)}, so your click changed nothing. "
        "`/plan` asks for a fresh plan with today's data."
    )


def stale_revision(dossier: Dossier, *, seen: int) -> Message:
    """For a decision on an earlier revision than the current one, `seen` being the one clicked."""
    plan = dossier.status.plan
    return _notice(
        f"You clicked on revision {seen} of *{data(plan.id, 30)}*; it has been edited since and is now "
        f"revision {plan.revision}. Nothing was decided. Please look at the new card first."
    )


def not_allowed(dossier: Dossier, *, verb: str = "approve", why: Sequence[str] = ()) -> Message:
    """For a person who may not: who may, and every reason."""
    plan = dossier.status.plan
    who = names(dossier.approvers)
    # Who may approve is known while it waits; of anything else, and at any other time, the reasons below tell.
    nobody = "As things stand nobody may: please ask an admin." if verb == "approve" else ""
    may = f"Only *{who}* may {data(verb, 20)} it." if who else nobody
    reasons = bullets(why[:5], most=1400, each=240)
    return _notice(
        f"You cannot {data(verb, 20)} *{data(plan.id, 30)}*, so your click changed nothing. {may}".rstrip()
        + (f"\n{reasons}" if reasons else "")
    )


def unknown_person() -> Message:
    return _notice("I do not know you yet, so I cannot do that. Please ask an admin to add you.")


def not_read(why: str) -> Message:
    """For files of somebody who may not add to the data."""
    return _notice(f"I left your file unread: {data(why, 300)}")


def already_yours(dossier: Dossier) -> Message:
    """For a second approval by the same person while others are still asked."""
    return _notice(
        f"You have already approved *{data(dossier.status.plan.id, 30)}*; someone else has to approve it too."
    )


def decided(dossier: Dossier, answer: Answer) -> Message:
    """Thanks, to the person alone; the card tells everyone else."""
    plan = data(dossier.status.plan.id, 30)
    if answer is Answer.WITHDRAW:
        return _notice(f"You withdrew your approval of *{plan}*. It waits again, and nothing has been changed.")
    done = f"approved *{plan}*" if answer is Answer.APPROVE else f"rejected *{plan}*"
    missing = still_needed(dossier) if answer is Answer.APPROVE else ""
    return _notice(f"You {done}. {f'It still needs {missing}.' if missing else 'The card follows.'}")


def hushed(plan_id: str, until: datetime, *, zone: ZoneInfo) -> Message:
    """To whoever wants no reminder for a while."""
    return _notice(
        f"No reminder about *{data(plan_id, 30)}* for you before {moment(until, zone)}. It still expires on time."
    )


def asked_of(plan_id: str, people: Sequence[Person]) -> Message:
    """To whoever reminded or handed over: who has a message now."""
    return _notice(f"*{names(people, 'and')}* got a message about *{data(plan_id, 30)}*.")


def question_passed_on(plan_id: str) -> Message:
    return _notice(f"Your question stands under the card of *{data(plan_id, 30)}*; answers go into that thread.")


def not_found(subject: str) -> Message:
    return _notice(f"There is no {data(subject, 40)}. `/plan list` shows all plans.")


def old_button() -> Message:
    """For a value that this version did not write."""
    return _notice("This button is from an older version and does nothing any more. `/plan list` shows what is open.")


def not_understood(question: str, suggestions: Sequence[str]) -> Message:
    """For a question without an answer: what may have been meant, as buttons."""
    text = f"I do not understand “{data(question, 120, empty='…')}”."
    text += " Did you mean:" if suggestions else " `/plan help` shows what you can ask."
    return Message(text=text, blocks=(section(text), *prompts(suggestions)))


def no_plan(why: Sequence[str], *, keep: bool) -> Message:
    """For a planner that proposes nothing: `keep` when it sees no gain, otherwise the data do not suffice."""
    head = "*Keep the plan*: no change would be better." if keep else "*Not enough data* to propose anything yet."
    return _notice(f"{head}\n{bullets(why[:5], most=1400, each=240)}".rstrip())


def planning() -> Message:
    return _notice("The planner is looking. Its card appears in the channel when there is something to decide.")


def market_moved(today: str, ticks: int, events: Sequence[str] = ()) -> Message:
    """After the sandbox's clock moved: the new day, and what the market did."""
    days = "a day" if ticks == 1 else f"{ticks:,} days"
    text = f"🧪 The sandbox market moved on by {days}. It is now {data(today, 40)} there."
    listed = bullets(events[:8], most=1400, each=160)
    return _notice(f"{text}\n{listed}".rstrip())


def market_refused(why: str) -> Message:
    return _notice(f"The market did not move: {data(why, 300)}")


def failed(reference: str) -> Message:
    """For a breakage on our side; `reference` finds it in the logs."""
    return _notice(f"Something broke on our side, and nothing was changed. Reference `{data(reference, 40)}`.")


def refused(text: str) -> Message:
    """Any other refusal in words."""
    return _notice(data(spelled(text), 600))


def waiting_for(plans: Sequence[str]) -> Message:
    """For "what is waiting for me?": lines of `list_cards.plan_line`."""
    if not plans:
        return _notice("Nothing is waiting for you. 🎉")
    head = f"*{len(plans):,} waiting for you*"
    lines = "\n".join(plans[:10])
    more = [context(f"…and {len(plans) - 10:,} more")] if len(plans) > 10 else []
    return Message(text=f"{len(plans):,} waiting for you.", blocks=(section(f"{head}\n{lines}"), *more))


def loading_view(title: str) -> View:
    """Opened at once, since a trigger lives three seconds, and replaced when the content is ready."""
    return modal(title, CallbackId.LOADING, [section("One moment…")])


def message_view(title: str, message: Message) -> View:
    """A private answer in a dialog, where there is one open already."""
    return modal(title, CallbackId.LOADING, message.blocks)


def _notice(text: str) -> Message:
    return Message(text=text, blocks=(section(text),))
