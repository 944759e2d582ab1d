"""A test from the run form: colleagues get it, and the report names nobody in full."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect import get_client

from flows import test_send as flow


@pytest.fixture(autouse=True)
def at_home(installed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path))


def report() -> str:
    with get_client(sync_client=True) as client:
        found: list[Any] = [each for each in client.read_artifacts() if each.key == flow.KEY]
    return str(max(found, key=lambda one: str(one.created)).data)


def test_colleagues_get_it_and_the_report_masks_them(installed: str):
    form = flow.TrialForm(wave="sociaal-werkers/start", to="Noor <noor@example.org>", languages="nl")

    assert flow.test_send(form) == {"accepted": 1, "refused": 0}

    assert "[TEST] Wie laat zien wat sociaal werk kan?" in httpx.get(f"{installed}/").text
    assert "accepted |" in report()
    assert "noor@" not in report()


def test_a_wave_without_its_campaign_is_refused_with_what_would_work():
    with pytest.raises(Exception, match=r"wave: found 'start'; write campaign/wave, such as sociaal-werkers/start"):
        flow.test_send(flow.TrialForm(wave="start", to="noor@example.org"))
