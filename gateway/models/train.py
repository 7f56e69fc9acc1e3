"""`tapeline models train`: candles to a model in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.learning.vector import BARS
from gateway.jobs.progress import bars
from gateway.models.card import card, text_of
from gateway.models.fitting import Recipe, require
from gateway.models.samples import Aim, samples
from gateway.models.series import Series, TooShort, series
from gateway.models.training import made
from gateway.terminal.output import Output
from schemas.errors import TapelineError
from topics.models.store import OF_PROJECT, SHIPPED, Store, Stored, digest_of, write
from topics.settings import Settings, settings

RECIPES = {"hourly": Recipe(), "hourly-logistic": Recipe(kind="logistic")}
"""The models that are shipped."""

FILES = (
    "Coinbase_BTCUSD_1h.csv.gz", "BTC_1h_2025.parquet", "ETH_1h_2025.parquet",
    "SOL_1h_2025.parquet", "XRP_1h_2025.parquet",
)  # fmt: skip
"""What they are trained on (docs/advisors.md says where it is had)."""


class NoData(TapelineError):
    """No candles were named, or not those that are needed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be trained: of which files, on bars of which length (ns; None: the candles'),
    and under which name."""

    files: tuple[Path, ...]
    interval: int | None
    aim: Aim
    recipe: Recipe
    name: str


def train(asked: Asked, into: Path | None, output: Output) -> int:
    """Train one model, keep it and tell of it; 0."""
    require()
    if not asked.files:
        raise NoData("name files of candles: tapeline models train BTC_1h.csv.gz")
    Store(settings().home).versions(asked.name)  # a name that is none is told before the work
    found = read(asked.files, asked.interval, settings(), output)
    model, told = worked(found, asked.aim, asked.recipe, settings(), output)
    stored = kept(asked.name, model, told, into)
    _tell(stored, output)
    return 0


def again(files: Sequence[Path], into: Path | None, output: Output) -> int:
    """Train the shipped models again; 1 where the bytes are others than those that are shipped.
    files: the folder of the candles, or they themselves."""
    require()
    usual = settings().model_copy(update={"signals": {}})
    found = read(needed(files), None, usual, output)
    same = True
    for name, recipe in RECIPES.items():
        model, told = worked(found, Aim(), recipe, usual, output)
        alike = digest_of(model) == _shipped(name)
        same = same and alike
        if into is not None:
            kept(name, model, told, into)
        if output.json:
            output.object({"name": name, "digest": digest_of(model), "same": alike})
        else:
            words = "the bytes that are shipped" if alike else "other bytes than are shipped"
            output.show(f"{name} {digest_of(model)}: {words}")
    return int(not same and into is None)


def read(
    files: Sequence[Path], interval: int | None, known: Settings, output: Output
) -> list[Series]:
    """Files of candles, in the order of their names; TooShort where their bars are not of one
    length, and as `series` has it."""
    found = []
    with bars(output) as progress:
        task = progress.add_task("candles", total=len(files), said="")
        for path in sorted(files, key=lambda each: (each.name, str(each))):
            found.append(series(path, interval, BARS, known))
            progress.update(task, advance=1, said=path.name)
    if len({each.interval for each in found}) > 1:
        raise TooShort("the files have candles of several lengths: name an --interval for all")
    return found


def worked(
    found: Sequence[Series], aim: Aim, recipe: Recipe, known: Settings, output: Output
) -> tuple[bytes, dict[str, Any]]:
    """The bytes of a model of these series, and its card."""
    given = samples(found, aim)
    with bars(output) as progress:
        task = progress.add_task("training", total=None, said="")

        def tell(said: str) -> None:
            progress.update(task, said=said)

        result = made(given, BARS, aim, recipe, found[0].interval, tell)
    told = card(result.model, result.foretold, found, given, aim, recipe, known.signals)
    return text_of(result.model), told


def kept(name: str, model: bytes, told: dict[str, Any], into: Path | None) -> Stored:
    """Keep it as the newest version of the store, or in a folder of its own."""
    if into is None:
        return Store(settings().home).save(name, model, told)
    write(into / name, model, told)
    return Store(settings().home).load(str((into / name).absolute()))


def _shipped(name: str) -> str:
    folder = SHIPPED / name
    there = folder.is_dir()
    return Store(settings().home).load(name, OF_PROJECT).digest if there else "not shipped"


def needed(files: Sequence[Path]) -> list[Path]:
    """The files that the shipped models are trained on; NoData names one that is not there."""
    given = [each for path in files for each in (path.iterdir() if path.is_dir() else (path,))]
    known = {each.name: each for each in given}
    missing = [name for name in FILES if name not in known]
    if missing:
        raise NoData(f"{', '.join(missing)}: not there: name the folder of the candles "
                     "(docs/advisors.md says where they are had)")  # fmt: skip
    return [known[name] for name in FILES]


def _tell(stored: Stored, output: Output) -> None:
    from gateway.models.listing import told

    told(stored, output)
