"""How a desk starts the process of a stage."""

from __future__ import annotations

import os
import subprocess
import sys

from infra.local.desk import MODULES, faust_worker
from infra.local.stage import YOUNG

LOADED = """
import gc, sys
from infra.local.stage import main
sys.argv = ["faust", *sys.argv[1:], "--help"]
gc.collect()
before = sum(each["collections"] for each in gc.get_stats())
try:
    main()
except SystemExit as ended:
    looks = sum(each["collections"] for each in gc.get_stats()) - before
    print(ended.code, looks, gc.get_count()[0], sys.argv[2] in sys.modules)
"""


def test_the_largest_stages_modules_load_without_a_look_of_the_collector() -> None:
    program, words = faust_worker(MODULES["hot"])[:3], faust_worker(MODULES["hot"])[3:]
    assert program == (sys.executable, "-m", "infra.local.stage")
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        env={**os.environ, "BROKER_URL": "kafka://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Usage: faust worker" in ran.stdout
    code, looks, made, loaded = ran.stdout.splitlines()[-1].split()
    assert (code, looks, loaded) == ("0", "0", "True")
    assert 0.3 * YOUNG < int(made) < 0.7 * YOUNG, "neither near to a look nor far from one"
