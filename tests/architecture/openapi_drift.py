"""`make check`: the committed OpenAPI file says what the code does; `--write` updates it."""

import difflib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "api" / "openapi.json"


def generated() -> str:
    """Return the description that the code gives of itself; exits with the tool's message."""
    outcome = subprocess.run(
        [
            *(sys.executable, "manage.py", "spectacular"),
            *("--format", "openapi-json", "--validate", "--fail-on-warn"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode != 0:
        sys.exit(f"The OpenAPI description cannot be made:\n{outcome.stderr}")
    return outcome.stdout.strip()


def difference() -> str:
    """Return a unified diff between the committed file and the code; empty where they agree."""
    if not COMMITTED.exists():
        return ""
    committed = COMMITTED.read_text().strip().splitlines()
    current = generated().splitlines()
    changes = difflib.unified_diff(committed, current, "api/openapi.json", "the code", lineterm="")
    return "\n".join(changes)


if __name__ == "__main__":
    if "--write" in sys.argv:
        COMMITTED.write_text(generated())
    elif text := difference():
        sys.stdout.write(f"{text}\n")
        sys.exit("api/openapi.json differs from the code. Run: make openapi")
