"""A proxy that variables name is not asked: the operator is in the same cluster."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar

NOWHERE = "http://127.0.0.1:9"
NAMES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.mark.parametrize("name", NAMES)
def test_values_arrive_past_a_proxy(
    name: str, start: Callable[..., RunningSidecar], ingest: FakeIngest
) -> None:
    sidecar = start(**{name: NOWHERE})
    assert sidecar.post({"step": 1, "value": 0.5})[0] == 202
    ingest.wait_for_steps([1])
