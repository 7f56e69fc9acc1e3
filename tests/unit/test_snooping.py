"""The tests over many candidates, held against an independent program and against luck."""

from __future__ import annotations

import numpy as np
import pytest

from engine.performance import snooping
from engine.performance.returns import Floats
from engine.performance.snooping import Snooping

ARCH = (
    (0.1603, 0.621), (0.0527, 0.121), (0.6825, 0.7065), (0.0163, 0.0132),
    (0.5907, 0.8918), (0.2592, 0.4562), (0.318, 0.2455), (0.201, 0.2442),
)  # fmt: skip
"""p-values by arch 8.0.0 (Sheppard), stationary bootstrap, blocks of 5, 4,000 draws: SPA
"consistent" of the differences over their deviation (by which arch does not divide the statistic
itself), and "upper" of the differences, which is White's."""


def differences(seed: int, n: int = 300, m: int = 6) -> Floats:
    chance = np.random.default_rng(seed)
    noise = chance.normal(size=(n + 1, m))
    hanging = 0.5 * noise[:-1] + noise[1:] + chance.normal(size=(n, 1)) * 0.5
    scaled: Floats = hanging * np.linspace(0.5, 3, m)
    return scaled + np.linspace(-0.3, 0.12, m) * (seed % 4) * 0.9


@pytest.mark.parametrize("seed", range(len(ARCH)))
def test_p_values_are_those_of_another_program(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snooping, "block_length", lambda values: 5.0)
    found = Snooping(draws=4000).superior(differences(seed))
    spa, check = ARCH[seed]
    assert min(each.spa for each in found) == pytest.approx(spa, abs=0.03)
    assert min(each.reality_check for each in found) == pytest.approx(check, abs=0.03)


def test_the_same_values_give_the_same_figures() -> None:
    assert Snooping(200).superior(differences(1)) == Snooping(200).superior(differences(1))


def test_one_among_many_is_worth_less_than_alone() -> None:
    chance = np.random.default_rng(3)
    good = chance.normal(0.12, 1, size=(400, 1))
    many = np.concatenate([good, chance.normal(0, 1, size=(400, 40))], axis=1)
    (alone,) = Snooping(400).superior(good)
    among = Snooping(400).superior(many)[0]
    assert (among.mean, alone.mean) == (alone.mean, among.mean)
    assert among.spa > 2 * alone.spa
    assert alone.low > 0


def test_what_never_differs_is_nothing() -> None:
    still = np.zeros((50, 2))
    still[:, 1] = np.random.default_rng(1).normal(0.2, 1, size=50)
    first, second = Snooping(100).superior(still)
    assert (first.spa, first.reality_check, first.ratio) == (1, 1, 0)
    assert second.spa < 1
    assert Snooping(100).superior(np.zeros((50, 3)))[0].spa == 1
    assert Snooping(100).superior(np.zeros((29, 3))) == ()
