"""Prints one digest of the given files and folders: `digest.py PATH… [--without PATH…]`."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path


def files(root: Path, without: set[Path]) -> list[Path]:
    """Every file under `root`, in a fixed order, leaving out the folders named in `without`."""
    if root in without or not root.exists():
        return []
    if root.is_file():
        return [root]
    return [file for child in sorted(root.iterdir()) for file in files(child, without)]


def main(arguments: list[str]) -> None:
    """Print the digest of what `arguments` name."""
    split = arguments.index("--without") if "--without" in arguments else len(arguments)
    without = {Path(name) for name in arguments[split + 1 :]}
    digest = hashlib.sha256()
    for name in arguments[:split]:
        for file in files(Path(name), without):
            digest.update(str(file).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    print(digest.hexdigest())


if __name__ == "__main__":
    main(sys.argv[1:])
