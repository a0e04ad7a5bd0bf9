"""The values of buttons about data: answers to questions, and what landed in one go."""

import re
from dataclasses import dataclass
from typing import Self

from bot.slack.values import join, split

_QUESTION = re.compile(r"Q-[1-9][0-9]{0,17}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
_LOAD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")


@dataclass(frozen=True)
class AnswerRef:
    """One answer to a question that waits for a person, and which version of the question was shown."""

    question_id: str
    version: int
    option: str

    def encode(self) -> str:
        return join("answer.1", self.question_id, str(self.version), self.option)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        question_id, version, option = split(value, "answer.1", _QUESTION, _VERSION, _OPTION)
        return cls(question_id, int(version), option)


@dataclass(frozen=True)
class LoadRef:
    """What landed in one go, or with "all" everything."""

    load_id: str

    def encode(self) -> str:
        return join("load.1", self.load_id)

    @classmethod
    def decode(cls, value: str) -> Self:
        """Read it back; MalformedButton if it is anything else."""
        (load_id,) = split(value, "load.1", _LOAD)
        return cls(load_id)
