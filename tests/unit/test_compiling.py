"""Compiled also where nothing can be written."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from engine.compiling import cached, hidden


def twice(number: int) -> int:
    return 2 * number


def test_where_nothing_can_be_written_it_is_compiled_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert cached(twice, "int64(int64)", str(tmp_path / "file"))(21) == 42


LEAN = """
import sys, engine.compiling, numba, numpy
assert "numba.np.arraymath" in sys.modules
assert not [each for each in sys.modules if each.startswith("scipy.linalg")]
import scipy.linalg
assert scipy.linalg.norm([3.0, 4.0]) == 5.0
assert numba.njit(lambda one: numpy.dot(one, one))(numpy.ones(3)) == 3.0
"""


def test_linear_algebra_is_not_loaded_for_kernels_and_is_there_for_others() -> None:
    subprocess.run([sys.executable, "-c", LEAN], check=True)


def test_a_module_is_hidden_from_nobody_who_may_want_it_meanwhile() -> None:
    over = threading.Event()
    other = threading.Thread(target=over.wait, daemon=True)
    other.start()
    with hidden("no.module"):
        assert "no.module" not in sys.modules, "another thread is there"
    over.set()
    other.join()
