"""Whose turn it is to merge a table's small files.

The engine lets two that merge the same files both commit, and every row would be there twice.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def folder_for(uri: str) -> Path:
    """The folder of this machine for what must not lie in a lake: of one in a folder, the lake's own."""
    return Path(tempfile.gettempdir()) / "countersign" if "://" in uri else Path(uri)


@contextmanager
def turn(lock: Path) -> Iterator[bool]:
    """Whether nobody else on this machine has the turn; it ends with the block, or with the process."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
