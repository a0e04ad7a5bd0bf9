"""What a condition is written for, and what one written value is."""

from dataclasses import dataclass, field
from typing import Any

from agents.governance.compiled.kinds import Kind, Schema


@dataclass(frozen=True)
class Code:
    """Python source of one value, safe to stand anywhere in an expression, and its kind; None: known only later."""

    text: str
    kind: Kind | None = None


@dataclass(frozen=True)
class Scene:
    """What an expression is written for: one action, one type of principal, one of resource."""

    schema: Schema
    action: str
    principal: str
    resource: str
    constants: dict[str, Any] = field(default_factory=dict)
    """What the source names besides the helpers; shared by everything that is compiled together."""

    def constant(self, value: Any) -> str:
        """A name for a value that has no literal worth writing."""
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return name
