"""How a command ends: exit codes, one line for people, one document for scripts."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog

from agents.governance.limits_text import LimitsInvalid
from bot.commands import shell
from bot.commands.shell import BadInput


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """`run` sends logs to the stderr of its moment, which pytest takes away again."""
    yield
    structlog.reset_defaults()


def failing(error: BaseException) -> Any:
    def command() -> None:
        raise error

    return command


def test_a_command_that_returns_nothing_is_done() -> None:
    assert shell.run(lambda: None, {}) == 0


def test_a_command_says_its_own_exit_code_and_gets_its_arguments() -> None:
    assert shell.run(lambda code: code, {"code": shell.NEGATIVE}) == 1


def test_an_async_command_is_awaited() -> None:
    async def command(*, code: int) -> int:
        return code

    assert shell.run(command, {"code": 1}) == 1


@pytest.mark.parametrize(
    "error",
    [
        BadInput("x.csv, line 3: no date.\nWrite one."),
        LimitsInvalid("x.csv", "line 3", "no date. Write one."),
        FileNotFoundError(2, "No such file", "x.csv"),
        PermissionError(13, "Permission denied", "x.csv"),
    ],
)
def test_what_people_can_mend_is_one_line_on_stderr_and_exit_code_2(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell.run(failing(error), {}) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("countersign: ")
    assert "x.csv" in err


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("by zero"), KeyError("plan"), ValueError("from a library"), TypeError()]
)
def test_a_defect_is_owned_up_to_in_one_line_without_a_trace(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COUNTERSIGN_DEBUG", raising=False)
    assert shell.run(failing(error), {}) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "a defect of ours" in err
    assert "COUNTERSIGN_DEBUG=1" in err


def test_a_defect_shows_where_it_is_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        shell.run(failing(ZeroDivisionError()), {})


def test_ctrl_c_ends_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run(failing(KeyboardInterrupt()), {}) == 130
    assert capsys.readouterr() == ("", "")


def test_json_is_one_line_with_decimals_as_text_and_moments_in_utc(capsys: pytest.CaptureFixture[str]) -> None:
    document = {
        "value": Decimal("1E+3"), "share": Decimal("0.10"), "at": datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "day": date(2026, 3, 1),
        "path": Path("a/b"), "roles": frozenset({"b", "a"}), "name": "Ηλιακά\nπάνελ", "none": None,
    }  # fmt: skip
    shell.say(document, as_json=True, text="not this")
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (1, "")
    assert "Ηλιακά" in out
    assert json.loads(out) == {
        "value": "1000", "share": "0.10", "at": "2026-03-01T09:30:00Z", "day": "2026-03-01", "path": "a/b",
        "roles": ["a", "b"], "name": "Ηλιακά\nπάνελ", "none": None,
    }  # fmt: skip


def test_words_end_with_one_newline(capsys: pytest.CaptureFixture[str]) -> None:
    shell.say({"a": 1}, as_json=False, text="Done.\n\n")
    assert capsys.readouterr().out == "Done.\n"


def test_what_json_cannot_hold_is_a_defect_and_not_a_guess() -> None:
    with pytest.raises(TypeError, match="object is not JSON"):
        shell.say({"what": object()}, as_json=True, text="")


def test_logs_go_to_stderr_and_only_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        log = structlog.get_logger()
        log.info("plan.proposed")
        log.warning("plan.none", reason="too little data")

    shell.run(command, {})
    out, err = capsys.readouterr()
    assert out == ""
    assert "plan.none" in err
    assert "plan.proposed" not in err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "said"), [(Terminal(), "round 1 of 3: lake\n"), (io.StringIO(), "")])
def test_who_waits_at_a_terminal_sees_what_it_is_at(
    stream: io.StringIO, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    shell.progress("round 1 of 3: lake")
    assert stream.getvalue() == said
