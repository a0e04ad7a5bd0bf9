"""The Merkle tree of RFC 6962 over a growing log, kept as its compact range: a handful of hashes, whatever its size."""

import hashlib
from collections.abc import Iterable

_EMPTY = hashlib.sha256(b"").digest()


class CompactRange:
    """The roots of the perfect subtrees that the first `size` leaves fall into, largest first."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"a range of {size} leaves has {size.bit_count()} peaks, not {len(self.peaks)}")

    def append(self, data: bytes) -> None:
        """Add one leaf."""
        node = hashlib.sha256(b"\0" + data).digest()
        carry = self.size
        while carry & 1:
            node = hashlib.sha256(b"\1" + self.peaks.pop() + node).digest()
            carry >>= 1
        self.peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The root of the whole tree so far."""
        if not self.peaks:
            return _EMPTY
        node = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            node = hashlib.sha256(b"\1" + peak + node).digest()
        return node
