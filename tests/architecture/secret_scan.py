"""`make check` and pre-commit: nothing that looks like a real credential is committed."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BYTES = 2_000_000
# Each is written so that it does not match itself.
PATTERNS = {
    "a provider's live key": r"\b(?:sk|rk|pk)_liv[e]_[0-9a-zA-Z]{16,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KE[Y]-----",
    "a cloud access key": r"\bAKI[A][0-9A-Z]{16}\b",
    "a GitHub token": r"\bgh[pousr]_[0-9A-Za-z]{36,}",
    "a Slack token": r"\bxox[abprs]-[0-9A-Za-z-]{10,}",
    "a PayPal or Braintree token": r"\baccess_token\$production\$[0-9a-z]+\$[0-9a-f]{16,}",
    "a password in an address": r"\b(?:postgres|postgresql|redis|amqps?|smtp)(?:\+\w+)?://[^\s:@/]*:"
    r"[^\s:@/{}$<>*]{12,}@(?!127\.0\.0\.1|localhost|host|example)",
}


def findings(paths: list[Path]) -> list[str]:
    """Return one line per suspicious place: path, line number, what it looks like."""
    found: list[str] = []
    for path in paths:
        if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
            continue
        text = path.read_text(errors="replace")
        for label, pattern in PATTERNS.items():
            found.extend(
                f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {label}"
                for match in re.finditer(pattern, text)
            )
    return found


def committed_paths() -> list[Path]:
    """Return every file git knows or would add."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in names]


if __name__ == "__main__":
    if suspicious := findings(committed_paths()):
        sys.exit("Take these out:\n" + "\n".join(suspicious))
