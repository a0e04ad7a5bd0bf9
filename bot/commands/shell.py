"""How every command ends: a result printed for people or as JSON, or one clear line and exit code 2."""

import asyncio
import inspect
import json
import os
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

DONE, NEGATIVE, BAD_INPUT, DEFECT, INTERRUPTED = 0, 1, 2, 70, 130


class BadInput(ValueError):
    """Raised for input that the person at the keyboard can mend; the text says what, where and what to do."""


def run(command: Callable[..., Any], arguments: dict[str, Any]) -> int:
    """Call a command's function, plain or async, and give the exit code it asks for (none is done)."""
    quiet_logs()
    try:
        result = command(**arguments)
        if inspect.isawaitable(result):
            result = asyncio.run(_awaited(result))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output, `head` say, has seen enough; nothing more can be written, not even at exit.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        return DONE
    except Exception as error:
        if _mendable(error):
            sys.stderr.write(f"countersign: {_one_line(error)}\n")
            return BAD_INPUT
        if os.environ.get("COUNTERSIGN_DEBUG"):
            raise
        name = type(error).__name__
        sys.stderr.write(
            f"countersign: a defect of ours ({name}: {_one_line(error)}); COUNTERSIGN_DEBUG=1 shows where\n"
        )
        return DEFECT
    return DONE if result is None else int(result)


def say(document: dict[str, Any], *, as_json: bool, text: str) -> None:
    """Print the JSON document or the words, on stdout."""
    sys.stdout.write((json.dumps(document, ensure_ascii=False, default=plain) if as_json else text).rstrip("\n") + "\n")


def progress(text: str) -> None:
    """A line of what long work is at, for people who wait; a script's error output stays empty."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{text}\n")


def plain(value: Any) -> Any:
    """For JSON: decimals as strings, moments and days as ISO text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | Path):
        return str(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def quiet_logs() -> None:
    """Logs go to stderr, warnings and worse, one event a line."""
    import logging

    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        # Looked up at each event: stderr may be another stream by then.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


async def _awaited(result: Any) -> Any:
    return await result


def _mendable(error: BaseException) -> bool:
    """Errors of ours are named for a situation and worded for people; others are defects and keep their trace."""
    module = type(error).__module__.split(".")[0]
    return (
        module in {"bot", "agents", "storage"}
        or isinstance(
            error, FileNotFoundError | FileExistsError | NotADirectoryError | IsADirectoryError | PermissionError
        )
        or (type(error) is LookupError)
    )


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
