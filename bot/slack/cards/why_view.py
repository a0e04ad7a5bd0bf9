"""Why a plan is what it is: three lines and a picture, then reasons, data, rules, people, and the whole way."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from agents.kpis.figures import format_days
from agents.lifecycle.answers.trace import trace
from agents.lifecycle.answers.why import Why
from bot.slack.buttons import CallbackId
from bot.slack.cards.approvals_part import gates, name_of
from bot.slack.cards.blocks import Block, View, modal, section
from bot.slack.cards.changes_part import by_size, change_lines
from bot.slack.cards.markup import bullets, data, day, moment, spelled, within, words
from bot.slack.cards.plan_card import reference
from bot.slack.cards.plan_parts import exit_criterion, forecast_range
from bot.slack.cards.plan_states import state_text
from bot.slack.cards.policy_part import changes_rules, impact_text, whole_difference
from storage.records.audit import AuditEntry
from storage.records.dossiers import Dossier
from storage.records.plans import Plan
from storage.records.verdicts import Answer

_MOST = 1800
_MOST_SECTION = 2900
_CHANGES_A_SECTION = 12
_MOST_CHANGE_SECTIONS = 12
_MOST_ENTRIES = 40
_VERBS = {Answer.APPROVE: "approved", Answer.REJECT: "rejected", Answer.WITHDRAW: "withdrew the approval"}


def why_view(
    dossier: Dossier,
    *,
    zone: ZoneInfo,
    entries: Sequence[AuditEntry] = (),
    found: Why | None = None,
    picture: Block | None = None,
) -> View:
    """The lineage of a plan; `entries` are the audit entries about it, oldest first, `found` leads back from it.

    `picture` is an image block of the same.
    """
    plan = dossier.status.plan
    blocks = [
        section(f"*{data(plan.id, 30)}* · {data(spelled(plan.title), 120)}"),
        *([section(bullets(found.lines, most=_MOST_SECTION, each=900))] if found else []),
        *([picture] if picture else []),
        section(state_text(dossier, zone, dossier.status.since)),
        *_part("Why", bullets(plan.why, most=_MOST, each=400)),
        *_part("Expected", _expected(plan)),
        *_part("Data it rests on", _evidence(plan, zone)),
        *_part("Rules that judged it", _rules(dossier, zone)),
        *_part("Who said what", _said(dossier, zone)),
        *(_rules_before_and_after(dossier, zone) if changes_rules(plan) else _all_changes(dossier)),
        *_part("Made with", _versions(plan)),
        *(_part("The whole way back", _way(found)) if found else []),
        *_part("Trail", _trail(entries, zone)),
    ]
    return modal(f"Why {plan.id}?", CallbackId.PLAN_WHY, blocks, metadata=reference(plan).encode())


def _part(title: str, text: str) -> list[Block]:
    return [section(f"*{title}*\n{text}")] if text else []


def _expected(plan: Plan) -> str:
    lines = [
        f"• {data(words(one.kpi), 40)}, {format_days(one.first, one.last)}: " + forecast_range(one).replace("\n", "; ")
        for one in plan.forecasts
    ]
    lines += [f"• Counts as failed if {exit_criterion(one)}" for one in plan.exit_criteria]
    lines += [f"• Promise: {data(one, 200)}" for one in plan.slas]
    lines += [f"• After {data(one, 30)}" for one in plan.depends_on]
    return within(lines, _MOST)


def _evidence(plan: Plan, zone: ZoneInfo) -> str:
    known = f", read {moment(plan.data_known_at, zone)}" if plan.data_known_at else ""
    lines = [f"• Data to {day(plan.data_day)} {plan.data_day.year}{known}"]
    lines += [f"• {data(spelled(one.label), 200)} · `{data(one.id, 100)}`" for one in plan.evidence]
    return within(lines, _MOST)


def _rules(dossier: Dossier, zone: ZoneInfo) -> str:
    verdict = dossier.verdict
    if verdict is None:
        return "Not judged yet."
    lines = [f"{words(verdict.outcome)}, {moment(verdict.judged_at, zone)}"]
    lines += [f"• {data(spelled(one.text), 300)} · `{data(one.policy, 80)}`" for one in verdict.reasons]
    lines += [line for line in (gates(dossier),) if line]
    return within([*lines, f"Policies `{data(verdict.policy_version, 12)}`"], _MOST)


def _said(dossier: Dossier, zone: ZoneInfo) -> str:
    lines = []
    for one in dossier.decisions:
        reason = f": “{data(one.reason, 300)}”" if one.reason else ""
        behalf = f" for {name_of(dossier.people, one.on_behalf_of)}" if one.on_behalf_of else ""
        glass = f" alone under broken glass, {data(one.glass, 30)}," if one.glass else ""
        who = f"{name_of(dossier.people, one.person_id)}{behalf}"
        at = f"{moment(one.decided_at, zone)} via {data(one.via, 20)}"
        lines.append(f"• {who} {_VERBS[one.answer]}{glass} {at}{reason}")
    return within(lines, _MOST)


def _rules_before_and_after(dossier: Dossier, zone: ZoneInfo) -> list[Block]:
    impact = _part("What it would have meant", impact_text(dossier.impact, zone)) if dossier.impact else []
    return [*impact, *whole_difference(dossier.status.plan)]


def _all_changes(dossier: Dossier) -> list[Block]:
    ordered = by_size(dossier.status.plan.changes)
    receipts = {one.change.id: one for one in dossier.executions}
    most = _CHANGES_A_SECTION * _MOST_CHANGE_SECTIONS
    blocks = []
    for start in range(0, min(len(ordered), most), _CHANGES_A_SECTION):
        group = ordered[start : start + _CHANGES_A_SECTION]
        heading = f"*All {len(ordered):,} changes*\n" if start == 0 else ""
        lines = [change_lines(change, receipts.get(change.id)) for change in group]
        blocks.append(section(heading + within(lines, _MOST_SECTION)))
    if len(ordered) > most:
        command = f"countersign show {data(dossier.status.plan.id, 30)}"
        blocks.append(section(f"…and {len(ordered) - most:,} more: `{command}` lists every one."))
    return blocks


def _versions(plan: Plan) -> str:
    lines = [f"• {data(words(name), 40)} `{data(version, 100)}`" for name, version in plan.versions.items()]
    agent = f"• By {data(words(plan.agent), 40)} {data(plan.agent_version, 40)}"
    return within([agent, *lines, f"• Revision {plan.revision}, fingerprint `{plan.digest[:12]}`"], _MOST)


def _way(found: Why) -> str:
    lines = trace(found)
    # Slack takes spaces at the beginning of a line away.
    depths = [(len(line) - len(line.lstrip())) // 2 for line in lines]
    steps = [f"{'› ' * depth}{data(line.strip(), 200)}" for depth, line in zip(depths, lines, strict=True)]
    command = f"`countersign audit why {data(found.subject, 100)}`"
    return within(steps, _MOST, rest=f"…and {{n}} more: {command} shows all")


def _trail(entries: Sequence[AuditEntry], zone: ZoneInfo) -> str:
    newest = entries[-_MOST_ENTRIES:]
    lines = [f"• #{one.seq} {moment(one.at, zone)} · {data(one.action, 40)} · {data(one.actor, 40)}" for one in newest]
    if len(entries) > len(newest):
        lines.insert(0, f"…{len(entries) - len(newest):,} earlier entries")
    return within(lines, _MOST)
