"""How the values that buttons carry are written, and read back strictly."""

import re


class MalformedButton(ValueError):
    """Raised when a value or a view's metadata was not written by us, or by another version of us."""

    def __init__(self, value: str) -> None:
        super().__init__(f"not a button value of this version: {value[:80]!r}")
        self.value = value


def join(*parts: str) -> str:
    return ":".join(parts)


def split(value: str, version: str, *patterns: re.Pattern[str]) -> list[str]:
    # The last part may hold colons of its own.
    prefix, *parts = value.split(":", len(patterns))
    if prefix != version or len(parts) != len(patterns):
        raise MalformedButton(value)
    if not all(pattern.fullmatch(part) for pattern, part in zip(patterns, parts, strict=True)):
        raise MalformedButton(value)
    return parts
