"""`tapeline bench gateway`: it is there to be chosen, and says when files are too few."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.benches import BENCHES
from gateway.cli import app
from infra.local.errors import LocalError
from tests.bench import gateway
from tests.bench.gateway_reader import quantiles

ROOM = Path(gateway.__file__).parent


def test_the_help_names_every_bench_that_there_is() -> None:
    told = " ".join(CliRunner().invoke(app, ["bench", "--help"]).stdout.split())
    for name in BENCHES:
        assert name in told
        assert "\ndef rows(" in (ROOM / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("most", "enough"), [(1024, False), (10_200, True), (-1, True)])
def test_too_few_open_files_are_told_with_the_remedy(
    most: int, enough: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "widen", lambda: None)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (most, most))
    if enough:
        gateway.enough(10_200)
        return
    with pytest.raises(LocalError, match=r"1,024 files .* 10,200 .*ulimit -Hn 10200"):
        gateway.enough(10_200)


def test_quantiles_are_of_the_nearest_rank() -> None:
    took = [number * 10**6 for number in range(1000)]
    assert quantiles(took) == {"p50": 500.0, "p99": 990.0, "longest": 999.0}
    assert quantiles([]) == {}
