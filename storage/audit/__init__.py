"""The append-only trail, and what lets a stranger check it: chain, Merkle root, signed checkpoints, export."""
