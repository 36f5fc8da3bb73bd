"""`$DATA_DIR/demo.json`: read for the sign-ins that the start prints."""

import json
from pathlib import Path
from typing import Any


def demo_path(data_dir: Path) -> Path:
    """Return where the demo describes itself once everything answers."""
    return data_dir / "demo.json"


def sign_in_lines(data_dir: Path) -> list[str]:
    """Return one line per demo user, below one per tenant; empty without a readable file."""
    try:
        demo: dict[str, Any] = json.loads(demo_path(data_dir).read_text())
    except (OSError, ValueError):
        return []
    lines = []
    for tenant in demo.get("tenants", []):
        lines.append(f"  {tenant['name']}")
        lines.extend(
            f"    {role:<8} {user['email']:<34} {user['password']}"
            for role, user in tenant.get("users", {}).items()
        )
    if demo.get("inbox_url"):
        lines.append(f"  Helpdesk inbox: {demo['inbox_url']}")
    return lines
