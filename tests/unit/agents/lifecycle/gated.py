"""The shipped rules with gates of a test's own choosing, in the place of theirs or beside them."""

import re

from agents.governance.calendar import ALWAYS, Calendar
from agents.governance.calendar_text import dump_calendar
from agents.governance.limits import Limits, dump_limits, sandbox_limits
from agents.governance.loading import read_files
from agents.governance.rules import Rules
from storage.records.policies import Edition, PolicyFile
from tests.builders import NOW, pounds

_POLICY = re.compile(r'(?=^@id\(")', re.MULTILINE)


def a_gate(
    name: str = "any-change", roles: str = "approver", *, approvers: int = 1, clocks: str = "", when: str = ""
) -> str:
    """A gate on every plan that changes something, in Cedar; `clocks` are more annotations, `when` its condition."""
    return (
        f'@id("{name}")\n@requires("{roles}")\n@approvers("{approvers}")\n{clocks}\n@because("{name} asks")\n'
        f'forbid (principal, action == Action::"plan_change", resource) {when};\n'
    )


def gated(
    *gates: str, calendar: Calendar = ALWAYS, limits: Limits | None = None, beside_the_shipped: bool = False
) -> Rules:
    """Everything that refuses, as shipped; and these gates, alone or beside the shipped ones."""
    shipped = [one for one in read_files() if not one.name.endswith(".test.yml")]
    own = {
        "our-gates.cedar": "\n".join(gates) or "// none",
        "limits.yml": dump_limits(limits or sandbox_limits(pounds(1000))),
        "calendar.yml": dump_calendar(calendar),
    }
    files = [
        *(one if beside_the_shipped else one.model_copy(update={"text": _ungated(one)}) for one in shipped),
        *(PolicyFile(name=name, text=text, own=True) for name, text in own.items()),
    ]
    files.sort(key=lambda one: one.name)
    return Rules.of(Edition(number=1, files=tuple(files), because="a test", at=NOW))


def _ungated(file: PolicyFile) -> str:
    return "".join(part for part in _POLICY.split(file.text) if "@requires(" not in part)
