"""How an entry is hashed: each holds the hash of the one before, over the exact bytes that are stored."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from storage.records.record import canonical_json

GENESIS = "0" * 64
_TAG = b"countersign-audit-v1\0"


def chain_hash(prev_hash: str, seq: int, body: str) -> str:
    """sha256(tag ‖ previous hash ‖ seq as unsigned 64 bit ‖ body), in hex."""
    return hashlib.sha256(_TAG + bytes.fromhex(prev_hash) + seq.to_bytes(8, "big") + body.encode()).hexdigest()


def body_of(*, at: datetime, content: Mapping[str, Any]) -> str:
    """The text that is hashed; `content` is actor, action, subject and facts."""
    return canonical_json({"at": at, **content})
