"""What the measurements ran on and with."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

PACKAGES = (
    "gradio",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "orjson",
    "msgspec",
    "websockets",
    "pydantic",
    "numpy",
    "pandas",
)
_LIST = (
    "import json, platform, importlib.metadata as m\n"
    "def v(n):\n    try: return m.version(n)\n    except m.PackageNotFoundError: return None\n"
    f"print(json.dumps({{'python': platform.python_version(), **{{n: v(n) for n in {PACKAGES!r} if v(n)}}}}))"
)


def machine() -> dict[str, Any]:
    """The processor, the memory, the system."""
    cpu = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = [int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")]
    return {
        "cpu": cpu[0] if cpu else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory[0] / 1024**2, 1) if memory else None,
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
    }


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []


def packages(python: str) -> dict[str, str]:
    """Versions of Python and of what matters, in an environment."""
    done = subprocess.run([python, "-c", _LIST], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def load() -> float:
    """How busy the machine is, as a mean over the last minute."""
    return os.getloadavg()[0]
