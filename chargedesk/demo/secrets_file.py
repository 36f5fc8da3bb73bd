"""What the demo invents once and keeps: passwords, API keys, the helpdesk's secret. Mode 0600."""

import json
import secrets
from pathlib import Path

from chargedesk.runtime.processes import write_atomically

_BYTES = 12


class KeptSecrets:
    """Random values by name, the same at every start; they exist in this one file only."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "demo-secrets.json"
        self._values = self._read()

    def get(self, name: str) -> str:
        """The kept value, or an empty text."""
        return self._values.get(name, "")

    def made(self, name: str) -> str:
        """The kept value; made and kept now if there is none."""
        return self.get(name) or self.keep(name, secrets.token_urlsafe(_BYTES))

    def keep(self, name: str, value: str) -> str:
        """Keep a value that was made elsewhere."""
        self._values[name] = value
        text = json.dumps(self._values, indent=1, sort_keys=True)
        write_atomically(self._path, text, mode=0o600)
        return value

    def _read(self) -> dict[str, str]:
        try:
            plain = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return {str(name): str(value) for name, value in plain.items()}
