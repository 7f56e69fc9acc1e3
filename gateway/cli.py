"""The `tapeline` command: thin; what it does is in the modules named after the commands."""

from __future__ import annotations

import contextlib
import gc
import signal
import threading
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gateway.benches import BENCHES
from gateway.models.commands import models
from gateway.page.commands import page
from gateway.proof.commands import proof
from gateway.terminal.advice_cli import advised
from gateway.terminal.archive_cli import archived
from gateway.terminal.auth_cli import trusted
from gateway.terminal.backtest_cli import tested
from gateway.terminal.chaos_cli import killed
from gateway.terminal.control_cli import people
from gateway.terminal.depth_cli import levels
from gateway.terminal.failures import Commands
from gateway.terminal.feed_cli import replayed
from gateway.terminal.generate_cli import generated
from gateway.terminal.keys_cli import keys
from gateway.terminal.login_cli import signed
from gateway.terminal.looks_cli import looks
from gateway.terminal.metrics_cli import watched
from gateway.terminal.optimize_cli import optimized
from gateway.terminal.options import Files, Json, Market, MaybeFiles, Played, Run, Venue
from gateway.terminal.output import Output
from gateway.terminal.results_cli import results
from gateway.terminal.serve_cli import served
from gateway.terminal.store_cli import store
from gateway.terminal.wishes import Direct, Verbose, Wishes, wish

app = typer.Typer(
    cls=Commands,
    help="Tapeline: a crypto trading desk made of Kafka topics.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for each in (
    people, looks, advised, results, tested, levels, optimized, generated, proof, archived,
    replayed, killed, page, watched, served, trusted, signed,
):  # fmt: skip
    app.add_typer(each)
app.add_typer(keys, name="keys")
app.add_typer(models, name="models")
app.add_typer(store, name="store")

Part = Annotated[
    Literal["whole", "pipeline", "executor"], typer.Argument(help="Which workers to run.")
]


YOUNG = 20_000
"""Objects made between two looks of the garbage collector at the young ones, as in a worker
(topics.heap, which is not loaded for --help). With Python's 700 they took a fifth of the start."""


def main() -> None:
    """Run the command line; SIGTERM ends a command as Ctrl-C does."""
    gc.set_threshold(YOUNG, 10, 10)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
    app()


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"tapeline {version('tapeline')}")
        raise typer.Exit


@app.callback()
def _common(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
    direct: Direct = False,
    verbose: Verbose = False,
) -> None:
    wish(Wishes(direct, verbose))


@app.command()
def demo(
    speed: Annotated[
        float, typer.Option(min=0, help="Times faster than recorded; 0: as fast as it goes.")
    ] = 10.0,
    json: Json = False,
) -> None:
    """Play the recorded market through every stage on Kafka, sum it up and check it."""
    from gateway.running.demo import demo as run

    raise typer.Exit(run(speed, Output(json)))


@app.command()
def up(
    part: Part = "whole",
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="STAGE", help="Leave it out, to be run by hand; may be repeated."),
    ] = None,
    hot: Annotated[
        bool, typer.Option("--hot", help="Ticks to orders in one worker: latency over isolation.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return once all of it runs.")] = False,
    json: Json = False,
) -> None:
    """Start the local desk and show it until Ctrl-C."""
    if detach:
        from gateway.running.detaching import detach as run
    else:
        from gateway.running.desk import up as run

    raise typer.Exit(run(part, Output(json), without or (), hot))


@app.command()
def down(json: Json = False) -> None:
    """Stop the local desk; its data stays."""
    from gateway.running.desk import end

    raise typer.Exit(end(Output(json)))


@app.command()
def status(json: Json = False) -> None:
    """Processes, lag, counts and positions; exit code 1 when something is down."""
    from gateway.watching.status import status as tell

    raise typer.Exit(tell(Output(json)))


@app.command(context_settings={"allow_extra_args": True})
def topics(
    context: typer.Context,
    create: Annotated[bool, typer.Option("--create", help="Create what is missing.")] = False,
    tail: Annotated[str | None, typer.Option(metavar="TOPIC", help="Watch its records.")] = None,
    key: Annotated[str | None, typer.Option(help="With --tail: only this key.")] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="With --tail: from its first record.")
    ] = False,
    count: Annotated[int | None, typer.Option(min=1, help="With --tail: then end.")] = None,
    schema: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="JSON Schema of its record, or of 'all'.")
    ] = None,
    console: Annotated[
        str | None, typer.Option(metavar="TOPIC", help="Kafka's console consumer; -- MORE ARGS.")
    ] = None,
    json: Json = False,
) -> None:
    """The map of topics; creates, checks and watches them."""
    from gateway.watching import topic_map
    from topics.settings import settings

    output, known = Output(json), settings()
    if schema:
        raise typer.Exit(topic_map.schema(schema, output, known))
    if console:
        _console(console, output, context.args)
    elif tail:
        _tail(tail, output, key, from_beginning, count)
    else:
        raise typer.Exit((topic_map.make if create else topic_map.show)(output, known))


def _console(topic: str, output: Output, more: list[str]) -> None:
    from gateway.running.broker import require
    from gateway.watching.console_consumer import consume
    from gateway.watching.tail import spec_of
    from topics.settings import settings

    spec_of(topic, settings())
    require(settings())
    consume(topic, output, settings(), more)


def _tail(topic: str, output: Output, key: str | None, beginning: bool, count: int | None) -> None:
    from gateway.running.broker import opened
    from gateway.watching.tail import spec_of, tail
    from topics.settings import settings

    spec_of(topic, settings())
    with opened(settings(), output) as known, contextlib.suppress(KeyboardInterrupt):
        tail(topic, output, known, key, beginning, count)


@app.command()
def decode(
    files: Files,
    venue: Annotated[str, typer.Option(help="The venue that sent the frames.")],
    market: Market = None,
    summary: Annotated[bool, typer.Option("--summary", help="The counts only.")] = False,
    json: Json = False,
) -> None:
    """Recorded frames to normalised ticks, one JSON object a line; needs no broker."""
    from gateway.recorded.decoding import decoded

    raise typer.Exit(decoded(files, venue, market, summary, Output(json)))


@app.command()
def replay(
    files: MaybeFiles = None,
    archive: Played = None,
    run: Run = "",
    speed: Annotated[
        float, typer.Option(min=0, help="Times faster than recorded; 0: as fast as it goes.")
    ] = 0.0,
    linger: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Milliseconds of one raw record.")
    ] = None,
    venue: Venue = None,
    market: Market = None,
    json: Json = False,
) -> None:
    """Play recordings, or an archive, into market.raw, through the workers that run."""
    from gateway.backtests.replayed import chosen
    from gateway.recorded.replay import replay as play

    archived = chosen(files or [], archive, run)
    given = files or [], speed, linger, venue, market, Output(json), archived
    raise typer.Exit(play(*given))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHES)}.")],
    rounds: Annotated[int, typer.Option(min=1, help="Plays of each case; medians are told.")] = 1,
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Of each paced play; all of it if left out.")
    ] = None,
    events: Annotated[
        int | None, typer.Option(min=20, help="Of each play, where a bench counts them.")
    ] = None,
    json: Json = False,
) -> None:
    """Measure, with the peer beside it; exit code 1 when a service level is missed."""
    from gateway.bench import bench as run

    raise typer.Exit(run(name, rounds, seconds, events, Output(json)))


@app.command()
def exchange(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8775,
    key: Annotated[str, typer.Option(help="The account's API key.")] = "tapeline",
    secret: Annotated[str, typer.Option(help="Its secret.")] = "tapeline",
    passphrase: Annotated[str, typer.Option(help="Its passphrase, for OKX.")] = "tapeline",
    withdrawals: Annotated[
        bool, typer.Option("--withdrawals", help="The key may withdraw: an executor refuses it.")
    ] = False,
    usdt: Annotated[str, typer.Option(help="What it has for contracts.")] = "100000",
    spot: Annotated[
        str, typer.Option(help="What its spot wallet has.")
    ] = "USDT=100000,BTC=1,ETH=10",
    seed: Annotated[int, typer.Option(help="Of the synthetic market.")] = 1,
    empty: Annotated[bool, typer.Option("--empty", help="Nobody else trades.")] = False,
    recording: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A recording as the market; several: once for each."),
    ] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="Of the recording.")] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Do not play it again at its end.")] = False,
    faults: Annotated[
        Path | None, typer.Option(help="A JSON list of faults, armed from the start.")
    ] = None,
    json: Json = False,
) -> None:
    """A local exchange for unmodified ccxt, until Ctrl-C; prints the addresses to use."""
    from gateway.running.exchange import Market, Owner, run
    from infra.exchange.accounts import Key

    market = Market(None if empty else seed, recording or (), speed, once)
    owner = Owner(Key(key, secret, passphrase, withdrawals), usdt, spot)
    raise typer.Exit(run(port, owner, market, faults, Output(json)))


if __name__ == "__main__":
    main()
