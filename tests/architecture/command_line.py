"""Commands as scripts run them, many in one child process, so that Python starts once and nothing leaks into tests."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """What one command did."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


def run_all(commands: Sequence[Sequence[str]], *, folder: Path) -> list[Ran]:
    """Run `countersign …` for each list of arguments, in order, in the folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "SLACK_"))}
    child = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps([list(arguments) for arguments in commands]),
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    return [Ran(tuple(arguments), *found) for arguments, found in zip(commands, json.loads(child.stdout), strict=True)]


def _one(arguments: list[str]) -> tuple[int, str, str]:
    import contextlib
    import io

    from bot.__main__ import main

    sys.argv = ["countersign", *arguments]
    code: Any = 0
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
    return code, out.getvalue(), err.getvalue()


if __name__ == "__main__":
    sys.stdout.write(json.dumps([_one(arguments) for arguments in json.load(sys.stdin)]))
