"""The compact range gives the roots that RFC 6962 defines."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.audit.merkle import CompactRange


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + root_by_definition(leaves[:split]) + root_by_definition(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_every_prefix_has_the_root_of_the_definition(leaves: list[bytes]):
    tree = CompactRange()
    for size, leaf in enumerate(leaves, 1):
        tree.append(leaf)
        assert tree.root() == root_by_definition(leaves[:size])
    assert tree.root() == root_by_definition(leaves)


@given(st.lists(st.binary(max_size=4), max_size=70), st.data())
def test_growing_from_a_kept_range_is_growing_from_the_start(leaves: list[bytes], data: st.DataObject):
    cut = data.draw(st.integers(0, len(leaves)))
    tree = CompactRange()
    for leaf in leaves[:cut]:
        tree.append(leaf)
    again = CompactRange(tree.size, tree.peaks)
    for leaf in leaves[cut:]:
        again.append(leaf)
    assert again.root() == root_by_definition(leaves)


def test_a_range_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="peaks"):
        CompactRange(3, [b"x"])


def test_the_known_roots_of_the_reference_implementation():
    """The eight inputs of Certificate Transparency's own test."""
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    tree = CompactRange()
    for text in inputs:
        tree.append(bytes.fromhex(text))
    assert tree.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
