"""Check an exported trail alone: pip install cryptography; python verify.py [FOLDER] [CHECKPOINTS KEPT ELSEWHERE]..."""

import base64, hashlib, json, re, sys  # noqa: E401, I001 - the whole is to fit on a page
from functools import reduce
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey as Key


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def demand(fine: bool, problem: str) -> None:
    if not fine:
        raise ValueError(problem)


def verify(folder: Path, *copies: Path) -> str:
    keys, last, home, roots, peaks, prev, signed = {}, b"", "", {}, list[bytes](), bytes(32), 0
    for line in (folder / "keys.txt").read_text("utf-8").splitlines():
        named, since, introduction = line.split(" ")
        raw = base64.b64decode(named.split("+", 2)[2])[1:]
        home = home or f"countersign/{sha(raw).hex()[:32]}"  # the first key names the home, each introduces the next
        if last:
            text = f"countersign-key-v1\n{sha(last).hex()[:16]}\n{raw.hex()}\n{since}\n"
            Key.from_public_bytes(last).verify(bytes.fromhex(introduction), text.encode())
        keys[sha(f"{home}\n\1".encode(), raw)[:4]], last = Key.from_public_bytes(raw), raw
    for size, line in enumerate((folder / "audit.jsonl").read_text("utf-8").split("\n")[:-1], 1):
        entry = json.loads(line)
        digest = sha(b"countersign-audit-v1\0", prev, size.to_bytes(8, "big"), entry["body"].encode())
        fits = (entry["seq"], entry["prev_hash"], entry["hash"]) == (size, prev.hex(), digest.hex())
        demand(fits, f"entry {size} was changed, taken out or moved")
        for name, kept in entry.get("personal", {}).items():
            proof = "#" + sha(bytes.fromhex(kept["salt"]), kept["value"].encode()).hex()
            demand(name == proof and name in entry["body"], f"entry {size} does not speak of {kept['value']!r}")
        node, carry, prev = sha(b"\0", digest), size - 1, digest
        while carry & 1:
            node, carry = sha(b"\1", peaks.pop(), node), carry >> 1
        peaks.append(node)
        roots[size] = reduce(lambda right, left: sha(b"\1", left, right), reversed(peaks))
    for path in (folder / "checkpoints.txt", *copies):
        notes = re.findall(r"((?:[^\n]+\n)+)\n— [^ ]+ ([^\n]+)", path.read_text("utf-8"))
        demand(bool(notes) or not roots, f"{path.name} holds no checkpoint")
        for text, signature in notes:
            (origin, size, root), raw = text.split("\n")[:3], base64.b64decode(signature)
            demand(origin == home and raw[:4] in keys, f"checkpoint {size} was not signed by this home, {home}")
            keys[raw[:4]].verify(raw[4:], text.encode())
            demand(int(size) in roots, f"{size} entries were signed and the newest of them are cut off")
            demand(roots[int(size)] == base64.b64decode(root), f"entries up to {size} were changed after signing")
            signed = max(signed, int(size))
    return f"Whole: {len(roots)} entries, the first {signed} of them signed by {home}."


if __name__ == "__main__":
    try:
        sys.stdout.write(verify(*map(Path, sys.argv[1:] or ["."])) + "\n")
    except Exception as error:  # noqa: BLE001 - whatever cannot be checked is not whole
        sys.exit(f"BROKEN: {str(error) or 'a signature is forged'} ({type(error).__name__})")
