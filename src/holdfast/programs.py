"""Which program this process runs, so that what it keeps on disk is not another program's."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path


def program_name() -> str:
    """Return a name for this program that stays the same over restarts and is safe in a path.

    It is the name of the program's file and a hash of its path. Where the file in `sys.argv` is not the program itself,
    as under an ASGI server or in a notebook, the rest of the command line tells programs apart.
    """
    given = sys.argv[0] if sys.argv and sys.argv[0] not in {"", "-c", "-m"} else ""
    path = Path(given).resolve() if given else Path.cwd()
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    itself = main is not None and Path(main).resolve() == path
    facts = "\0".join([str(path)] if itself else [str(Path.cwd()), str(path), *sys.argv[1:]])
    name = "".join(c for c in path.stem if c.isalnum() or c in "-_")[:40] or "program"
    return f"{name}-{hashlib.sha256(facts.encode(errors='surrogateescape')).hexdigest()[:12]}"
