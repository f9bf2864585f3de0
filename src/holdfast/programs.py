"""The name of the program that this process runs, which separates its files on disk from those of other programs."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path


def program_name() -> str:
    """Return a name for this program that stays the same across restarts and is safe in a path.

    It consists of the name of the program's file and a hash of its path. If the file in `sys.argv` is not the program
    itself, as under an ASGI server or in a notebook, the rest of the command line distinguishes programs.
    """
    given = sys.argv[0] if sys.argv and sys.argv[0] not in {"", "-c", "-m"} else ""
    path = Path(given).resolve() if given else Path.cwd()
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    itself = main is not None and Path(main).resolve() == path
    facts = "\0".join([str(path)] if itself else [str(Path.cwd()), str(path), *sys.argv[1:]])
    name = "".join(c for c in path.stem if c.isalnum() or c in "-_")[:40] or "program"
    return f"{name}-{hashlib.sha256(facts.encode(errors='surrogateescape')).hexdigest()[:12]}"
