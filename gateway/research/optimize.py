"""`tapeline optimize`: parameters searched on recordings, and judged on what came after."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import orjson

from engine.analytics import Span
from engine.research.course import Course, Proposer, fixed
from engine.research.spaces import Space, told
from engine.research.splits import Split
from engine.research.trials import Trial, common_period
from gateway.backtests.backtest import overlapping
from gateway.backtests.funding import funded
from gateway.jobs.progress import bars
from gateway.reports.optimization import Optimization
from gateway.research.asked import Asked, NoSearch, code
from gateway.research.market import SharedMarket
from gateway.research.parameters import MODELS, checked, problem
from gateway.research.search import Search
from gateway.research.source import Source
from gateway.research.study import Study, study
from gateway.research.trial import Ground
from gateway.terminal.output import Output
from topics.settings import Settings, refuse, settings


def optimize(asked: Asked, output: Output) -> int:
    """Search, and write the report into the search's directory; 1 where no split had a trial that
    could be chosen."""
    known = settings() if asked.venue is None else settings().model_copy(
        update={"venue": asked.venue}
    )  # fmt: skip
    wrong = problem(known)
    if wrong is not None:
        refuse(f"setting {'.'.join(wrong[0])}: {wrong[1]}: mend it before a search")
    source = asked.source
    known = funded(source.adapted(known), output)
    goal, space = asked.goal, asked.space(known.optimize)
    checked(known, space)
    whole = source.whole(known)
    for line in source.repairs:
        output.note(line)
    overlapping(asked.within, Span(*whole))
    splits = asked.splits(whole)
    ground = _ground(asked, known, source, splits)
    courses = [
        Course(number, split, _proposer(asked, space, number), goal)
        for number, split in enumerate(splits)
    ]
    with study(asked.directory, _identity(asked, ground, space, splits)) as found:
        _search(asked, ground, courses, found, space, output)
    made = Optimization.of(courses, goal, space, ground.period, _heading(asked, ground))
    made.show(made.write(asked.directory), output)
    return int(all(each.best is None for each in made.chosen))


def _ground(asked: Asked, known: Settings, source: Source, splits: tuple[Split, ...]) -> Ground:
    account = asked.account or known.accounts[0]
    if account not in known.accounts:
        raise NoSearch(f"there is no account {account}: there are {', '.join(known.accounts)}")
    data = blake2b(f"{source.digest(known)}|{code()}".encode(), digest_size=8).hexdigest()
    windows = [window for split in splits for window in split if window is not None]
    market = SharedMarket(source, asked.directory, data)
    return Ground(known, market, account, common_period(windows))


def _proposer(asked: Asked, space: Space, split: int) -> Proposer:
    if asked.method != "tpe":
        return fixed(space, asked.method, asked.seed, asked.trials)
    from gateway.research.tpe import Tpe

    return Tpe(space, asked.goal, asked.seed, split, asked.trials)


def _identity(
    asked: Asked, ground: Ground, space: Space, splits: tuple[Split, ...]
) -> dict[str, Any]:
    """What makes it this search and no other."""
    known = ground.known
    sections = (*MODELS, "rule", "decisions", "strategies", "accounts", "live")
    own = {kind: each.digest for kind, each in known.own.items()}
    values = [own, *(getattr(known, name) for name in sections)]
    digest = blake2b(orjson.dumps(values, default=str, option=orjson.OPT_SORT_KEYS), digest_size=8)
    return {
        **_heading(asked, ground),
        "trials": None if asked.method == "grid" else asked.trials,
        "space": {axis.name: repr(axis) for axis in space.axes},
        "splits": [[[*window] for window in split if window] for split in splits],
        "code": code(),
        "data": ground.market.data,
        "settings": digest.hexdigest(),
    }


def _heading(asked: Asked, ground: Ground) -> dict[str, Any]:
    """What the report says of the search."""
    return {
        "method": asked.method,
        "seed": None if asked.method == "grid" else asked.seed,
        "objective": asked.objective,
        "min_trips": asked.least,
        "account": ground.account,
        "period": ground.period,
        "files": [path.name for path in ground.market.source.files],
    }


def _search(
    asked: Asked, ground: Ground, courses: list[Course], found: Study, space: Space,
    output: Output,
) -> None:  # fmt: skip
    """With progress."""
    each = asked.trials if space.size is None or asked.method != "grid" else space.size
    total = sum(min(each, space.size or each) + (course.split.test is not None)
                for course in courses)  # fmt: skip
    kept = len(found.trials)
    if kept:
        output.note(f"{kept} of {total} trials are there already: the search goes on")
    with bars(output) as progress:
        task = progress.add_task("optimize", total=total, said="")

        def tell(trial: Trial) -> None:
            said = told((name.split(".")[-1], value) for name, value in trial.parameters.items())
            progress.update(task, advance=1, said=said)

        try:
            Search(ground, courses, found, asked.processes, tell).run()
        except KeyboardInterrupt:
            output.note(f"{len(found.trials)} of {total} trials are kept: the same command goes on")
            raise
