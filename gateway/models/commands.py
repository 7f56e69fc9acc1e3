"""`tapeline models`: what is in the store, and training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.terminal.options import WAIT, WHY, Archive, Json, Wait, Why
from gateway.terminal.output import Output

models = typer.Typer(
    help="Embedded models: list, show, train, train-policy, judge, compare, promote.",
    invoke_without_command=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model, or the path of its folder.")]
Version = Annotated[str, typer.Option(help="Of the store; default: promoted, newest, shipped.")]


@models.callback()
def _listed(context: typer.Context, json: Json = False) -> None:
    if context.invoked_subcommand is None:
        from gateway.models.listing import listing

        raise typer.Exit(listing(Output(json)))


@models.command("list")
def listed(json: Json = False) -> None:
    """All models with their versions."""
    from gateway.models.listing import listing

    raise typer.Exit(listing(Output(json)))


@models.command()
def show(name: Name, version: Version = "", json: Json = False) -> None:
    """A model's card: data, cut-off, metrics beside the base rate, inputs, hashes."""
    from gateway.models.listing import shown

    raise typer.Exit(shown(name, version, Output(json)))


Chosen = Annotated[str, typer.Argument(metavar="VERSION", help="Of the store.")]
MARKETS = typer.Argument(metavar="FILE...", help="Candles, each file a market.")
Interval = Annotated[
    str | None, typer.Option(help="Of the bars (15min, 1h); default: the candles'.")
]
Candles = Annotated[
    list[Path] | None, typer.Option("--data", metavar="FILE", help="Candles; repeatable.")
]
Rival = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Of the store.")]


@models.command()
def compare(
    champion: Rival,
    challenger: Rival,
    data: Candles = None,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="On what a desk has recorded of both.")
    ] = False,
    archive: Archive = None,
    fee_bps: Annotated[float, typer.Option(min=0, help="Of a side, of what is traded.")] = 5.0,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the bootstrap.")] = 1,
    json: Json = False,
) -> None:
    """How much better the second one is, on the same bars, which neither has learnt."""
    from gateway.models.compare import Evidence
    from gateway.models.compare import compare as run

    on = Evidence(tuple(data or ()), archive, fee_bps, seed)
    raise typer.Exit(run(champion, challenger, recorded or bool(archive), on, Output(json)))


@models.command()
def promote(
    name: Name,
    version: Chosen,
    why: Why = WHY,
    wait: Wait = WAIT,
    data: Candles = None,
    archive: Archive = None,
    json: Json = False,
) -> None:
    """Ask this version from now on: a running desk's seats that follow, others from a start on.

    Where the settings say registry.promote = "proven", --data and --archive are its proof.
    """
    from gateway.models.compare import Evidence
    from gateway.models.registry import promote as run

    on = Evidence(tuple(data or ()), archive)
    raise typer.Exit(run(name, version, why, wait, Output(json), on))


@models.command()
def rollback(name: Name, why: Why = WHY, wait: Wait = WAIT, json: Json = False) -> None:
    """Promote the version that was asked before the present one."""
    from gateway.models.registry import rollback as run

    raise typer.Exit(run(name, why, wait, Output(json)))


@models.command()
def shadow(
    name: Name, version: Chosen, why: Why = WHY, wait: Wait = WAIT, json: Json = False
) -> None:
    """Let a running desk's challengers ask this version: told in the votes, with a weight of 0."""
    from gateway.models.registry import shadow as run

    raise typer.Exit(run(name, version, why, wait, Output(json)))


@models.command()
def retire(name: Name, version: Chosen, why: Why = WHY, json: Json = False) -> None:
    """Never select this version again; its files stay for the runs that have asked it."""
    from gateway.models.registry import retire as run

    raise typer.Exit(run(name, version, why, Output(json)))


@models.command()
def history(name: Name, json: Json = False) -> None:
    """Who has selected which version, and when."""
    from gateway.models.registry import history as run

    raise typer.Exit(run(name, Output(json)))


@models.command()
def judge(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR", help="Where the candles of both sets are."),
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", metavar="DIR", help="The same.")
    ] = None,
    directory: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="Keeps what is judged, to go on with.")
    ] = Path("judged"),
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="A contender; repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of training, bootstrap.")] = 1,
    json: Json = False,
) -> None:
    """Each advisor on two sets of candles, walk forward and net of costs, beside buy and hold."""
    from gateway.models.judge import judge as run

    given = (*(files or ()), *(data or ()))
    raise typer.Exit(run(given, directory, only or (), seed, Output(json)))


@models.command()
def drift(
    name: Name,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Candles.")],
    version: Version = "",
    window: Annotated[
        int, typer.Option(min=100, max=100_000, help="Bars, a multiple of 10.")
    ] = 1000,
    json: Json = False,
) -> None:
    """How far candles are from what a model was trained on, window by window."""
    from gateway.models.drift import drift as run

    if window % 10:
        raise typer.BadParameter("--window must be a multiple of 10")
    raise typer.Exit(run(name, version, files, window, Output(json)))


@models.command()
def train(
    files: Annotated[list[Path] | None, MARKETS] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", metavar="FILE", help="The same; repeatable.")
    ] = None,
    interval: Interval = None,
    target: Annotated[
        Literal["horizon", "barrier"],
        typer.Option(help="The return's sign, or which of two barriers is met first."),
    ] = "horizon",
    horizon: Annotated[int, typer.Option(min=1, max=10_000, help="In bars.")] = 2,
    barrier: Annotated[float, typer.Option(min=0.01, help="In ATR.")] = 1.0,
    outlook: Annotated[
        int, typer.Option(min=2, max=10_000, help="Bars of the heads of risk and regime.")
    ] = 24,
    kind: Annotated[Literal["boosting", "logistic"], typer.Option(help="Of the heads.")] = (
        "boosting"
    ),
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="Of boosting: trees a head.")] = 60,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the training.")] = 1,
    name: Annotated[str, typer.Option(help="In the store.")] = "mine",
    shipped: Annotated[
        bool,
        typer.Option("--shipped", help="Train the shipped models again, and compare the bytes."),
    ] = False,
    into: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write to DIR/NAME in place of the store."),
    ] = None,
    json: Json = False,
) -> None:
    """Train a model on candles: same files, settings and seed, same bytes."""
    from gateway.models.fitting import Recipe
    from gateway.models.samples import Aim
    from gateway.models.train import Asked, again
    from gateway.models.train import train as run
    from gateway.terminal.span import lasting

    given, output = (*(files or ()), *(data or ())), Output(json)
    if shipped:
        raise typer.Exit(again(given, into, output))
    aim = Aim(target, horizon, barrier, outlook)
    recipe = Recipe(kind=kind, seed=seed, rounds=rounds)
    raise typer.Exit(run(Asked(given, lasting(interval), aim, recipe, name), into, output))


@models.command("train-policy")
def train_policy(
    files: Annotated[list[Path] | None, MARKETS] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option(
            "--candles", metavar="KEY[=FILE]", help="Market that it is to trade; that of a FILE."
        ),
    ] = None,
    interval: Interval = None,
    generations: Annotated[int, typer.Option(min=1, max=1000, help="Of a search.")] = 40,
    starts: Annotated[
        int, typer.Option(min=1, max=16, help="Searches, each from the beginning.")
    ] = 2,
    population: Annotated[int, typer.Option(min=16, max=4096, help="Of a generation.")] = 64,
    validation: Annotated[
        float, typer.Option(min=0.05, max=0.9, help="Share of the bars that the choice is made on.")
    ] = 0.2,
    test: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share, the last, that is held out.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of the search.")] = 1,
    name: Annotated[str, typer.Option(help="In the store.")] = "policy",
    into: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write to DIR/NAME in place of the store."),
    ] = None,
    json: Json = False,
) -> None:
    """Search for a policy that earns net of costs: same files, settings and seed, same bytes."""
    from gateway.models.evolving import Recipe
    from gateway.models.train_policy import Asked
    from gateway.models.train_policy import train_policy as run
    from gateway.terminal.span import lasting

    recipe = Recipe(seed, population, generations, starts)
    given, length = tuple(files or ()), lasting(interval)
    asked = Asked(given, length, tuple(keys or ()), recipe, validation, test, name)
    raise typer.Exit(run(asked, into, Output(json)))


@models.command()
def prequential(
    files: Annotated[list[Path], MARKETS],
    interval: Interval = None,
    horizon: Annotated[int, typer.Option(min=1, max=500, help="Bars to an outcome.")] = 12,
    cost_bps: Annotated[float, typer.Option(min=0, help="A move of no more is none.")] = 10,
    json: Json = False,
) -> None:
    """How the online learner would have fared: log loss beside the base rate's, with interval."""
    from engine.learning.learner import LearnerSettings
    from gateway.models.prequential import prequential as run
    from gateway.terminal.span import lasting

    by = LearnerSettings(horizon=horizon, cost_bps=cost_bps)
    raise typer.Exit(run(files, lasting(interval), by, Output(json)))
