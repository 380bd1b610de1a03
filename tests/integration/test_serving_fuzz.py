"""The service against its own OpenAPI: whatever is asked, it answers as it says."""

from __future__ import annotations

import time
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from recsql.config.project import Project
from recsql.serving.limits import Tokens
from tests.integration.served import HISTORY, Client, running

pytestmark = pytest.mark.slow
SECONDS = 4.0  # of one operation
HELD = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


def test_whatever_is_asked_is_answered_as_declared(served_project: Project) -> None:
    tokens = Tokens(history=HISTORY)
    with running(served_project, tokens=tokens) as (service, port):
        document = Client(port).get("openapi.json")
        schema = schemathesis.openapi.from_dict(document)
        asked = {}
        for found in schema.get_all_operations():
            operation = found.ok()
            asked[f"{operation.method} {operation.path}"] = hammer(operation, port)
        assert Client(port).get("health") == {"status": "ok"}
        assert service.follower.failures == 0
    assert len(asked) >= 17
    assert sum(asked.values()) >= 300, asked


def hammer(operation: Any, port: int) -> int:
    """Ask one operation for some seconds with what its schema allows; count."""
    count, end = 0, float("inf")

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal count, end
        end = min(end, time.monotonic() + SECONDS)  # generating the first takes long
        if time.monotonic() < end:
            count += 1
            case.call_and_validate(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {HISTORY}"},
                checks=HELD,
                timeout=20,
            )

    ask()
    return count
