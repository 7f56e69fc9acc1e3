"""Where a past run is read from: the topics of a broker, or an archive of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.proof.published import Source
from gateway.running.broker import opened
from gateway.terminal.output import Output
from topics.settings import Settings


@contextmanager
def sources(
    settings: Settings, directory: Path | None, output: Output, live: Callable[[Settings], Source]
) -> Iterator[tuple[Settings, Source]]:
    """The run of the settings' prefix, from an archive where one is named, else from a broker.

    live: reads from a broker.
    """
    if directory is None:
        with opened(settings, output) as known:
            yield known, live(known)
        return
    from gateway.proof.archived import Archived
    from topics.archive.reading import Archive

    yield settings, Archived(Archive(directory, settings.prefix))
