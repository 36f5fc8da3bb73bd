"""The scan finds what it is for, and the repository is clean."""

from pathlib import Path

import pytest

from tests.architecture import secret_scan

PRETENDED = {
    "key": "sk_" + "live_" + "a1B2" * 6,
    "pem": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "url": "postgres://app:" + "correcthorsebattery" + "@db.internal/x",
}


@pytest.mark.parametrize("name", PRETENDED)
def test_a_planted_secret_is_found(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secret_scan, "ROOT", tmp_path)
    planted = tmp_path / "settings.py"
    planted.write_text(f"first\nKEY = '{PRETENDED[name]}'\n")

    assert secret_scan.findings([planted])[0].startswith("settings.py:2:")


def test_nothing_committed_looks_like_a_secret() -> None:
    assert secret_scan.findings(secret_scan.committed_paths()) == []
