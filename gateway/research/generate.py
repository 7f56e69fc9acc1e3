"""`tapeline generate`: strategies by search, by a language model or of a file, and the gate.

    |------ train ------| embargo |-- test --|-- test --|-- test --| ...

Candidates are made and chosen on the train span alone. The best of them are then played over the
test spans that follow, each begun without a position, beside the desk as it is; what came of all
test spans together is the gate's evidence (engine.research.adoption).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.performance.returns import Floats
from engine.research.adoption import Played, judged
from engine.research.course import Course, Fixed
from engine.research.evolution import best
from engine.research.record import AdoptionRecord, digest_of
from engine.research.spaces import Parameters
from engine.research.splits import Split, Window
from engine.research.trials import Trial
from gateway.jobs.progress import bars
from gateway.research.asked import code
from gateway.research.generating import Generating, Stand, stand_of
from gateway.research.looks import Look, looked
from gateway.research.search import Search
from gateway.research.study import Study, study
from gateway.research.verdicts import record, show, strategies_of, written
from gateway.terminal.output import Output


def generate(asked: Generating, output: Output) -> int:
    """Make candidates, hold the best against the desk, and write the record of it into the
    directory; 0 where one may be adopted, 1 where none may."""
    stand = stand_of(asked, output)
    for line in asked.source.repairs:
        output.note(line)
    with study(asked.directory, _identity(stand)) as found:
        course = Course(0, Split(stand.train, None), stand.proposals.proposer, asked.goal)
        _run(stand, [course], found, stand.proposals.count, output)
        finalists = best(course.trials, asked.goal, asked.finalists)
        if not finalists:
            output.note(f"none of {len(course.trials)} candidates closed {asked.least} round trips "
                        "on the train span: nothing was held against the desk")  # fmt: skip
            return 1
        tests = _tests(stand, finalists)
        total = len(course.trials) + len(tests) * (1 + len(finalists))
        _run(stand, [course, *tests], found, total, output)
    made = _judged(stand, course, finalists, tests)
    show(made, written(made, asked.directory), output)
    return int(made.verdict != "adopted")


def _tests(stand: Stand, finalists: Sequence[Trial]) -> list[Course]:
    """The desk as it is and every finalist, on each test span."""
    played: list[Parameters] = [{}, *(each.parameters for each in finalists)]
    return [
        Course(number, Split(window, None), Fixed(played), stand.asked.goal)
        for number, window in enumerate(stand.tests, 1)
    ]


def _run(
    stand: Stand, courses: list[Course], found: Study, total: int, output: Output
) -> None:  # fmt: skip
    """The courses to their end, with progress; what the directory has is not run again."""
    with bars(output) as progress:
        task = progress.add_task("generate", total=total, completed=0, said="")
        for each in courses[:-1]:
            progress.update(task, advance=len(each.trials))

        def tell(trial: Trial) -> None:
            said = f"candidate {trial.number}" if not trial.split else f"test span {trial.split}"
            progress.update(task, advance=1, said=said)

        Search(stand.ground, courses, found, stand.asked.jobs, tell).run()


def _judged(
    stand: Stand, course: Course, finalists: Sequence[Trial], tests: Sequence[Course]
) -> AdoptionRecord:
    labels = [f"candidate {each.number}" for each in finalists]
    present, *rows = (_joined(tests, place) for place in range(1 + len(finalists)))
    candidates = dict(zip(labels, rows, strict=True))
    span = Window(stand.tests[0].since, stand.tests[-1].until)
    known, source = stand.ground.known, stand.asked.source
    look = Look(_question(stand, finalists), source.digest(known), span, len(finalists))
    before = looked(known.home, look)
    verdict = judged(candidates, present.returns, stand.asked.terms, before)
    place = labels.index(verdict.taken.candidate)
    windows = [
        (test.split.train, test.trials[0].outcome, test.trials[place + 1].outcome) for test in tests
    ]
    return record(stand, verdict, finalists[place], windows, len(course.trials))


def _joined(tests: Sequence[Course], place: int) -> Played:
    """What one was, over all test spans."""
    outcomes = [course.trials[place].outcome for course in tests]
    parts: list[Floats] = [np.array(each.returns) for each in outcomes if each is not None]
    trips = sum(each.trips for each in outcomes if each is not None)
    return Played(np.concatenate(parts), trips)


def _question(stand: Stand, finalists: Sequence[Trial]) -> str:
    """What decides the answer: the same question is the same look."""
    terms = stand.asked.terms
    return digest_of([
        _identity(stand), [each.parameters for each in finalists],
        [terms.level, terms.draws, terms.seed, terms.least],
    ])  # fmt: skip


def _identity(stand: Stand) -> dict[str, Any]:
    """What makes it this search and no other."""
    asked, ground = stand.asked, stand.ground
    return {
        "strategy": asked.strategy,
        "markets": [*ground.markets],
        "origin": stand.proposals.origin,
        "maker": stand.proposals.maker,
        "objective": asked.objective,
        "min_trips": asked.least,
        "finalists": asked.finalists,
        "train": [*stand.train],
        "tests": [[*each] for each in stand.tests],
        "period": ground.period,
        "account": ground.account,
        "files": [path.name for path in asked.source.files],
        "code": code(),
        "data": ground.market.data,
        "settings": digest_of(strategies_of(ground.known)),
    }
