"""docs/security.md cannot rot: every test that holds a threat is there."""

from __future__ import annotations

import re

from recsql.config.project import builtin_root

ROOT = builtin_root()
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.M)[1:]


def test_every_threat_has_tests_and_they_exist() -> None:
    sources = {path: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    files = {path.name for path in sources}
    named = {
        name
        for text in sources.values()
        for name in re.findall(r"^def (test_\w+)\(", text, re.M)
    }
    assert len(ROWS) >= 15
    for threat, _, tests in ROWS:
        found = re.findall(r"`([\w.]+)`", tests)
        assert found, threat
        assert set(found) <= named | files, (threat, set(found) - named - files)
