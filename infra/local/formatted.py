"""Records directories as Kafka's own tool formats them: the first is kept, the next are copies.

The tool is a JVM of its own, which costs a second. What it writes into two directories of the same
broker differs in the directory's id and in the times of writing, and in nothing else.
"""

import base64
import contextlib
import hashlib
import os
import re
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from infra.local.classes import fingerprint
from infra.local.home import home

META = "meta.properties"
FILES = ("bootstrap.checkpoint", META)
"""What a formatted directory has, in the order of writing: one with META is whole."""

DIRECTORY = re.compile(rb"(?<=^directory\.id=).*$", re.MULTILINE)


class Formatted:
    """What the tool has written for just these jars and properties, in the user's cache."""

    def __init__(self, jars: Iterable[Path], properties: str, folder: Path | None = None) -> None:
        self._folder = folder or home() / "formatted"
        told = hashlib.blake2b(properties.encode(), digest_size=8).hexdigest()
        self._kept = self._folder / f"{fingerprint(jars)}-{told}"

    def give(self, records: Path) -> bool:
        """Formats a directory, with an id of its own; False, and nothing is done, if none is kept.

        Killed on the way, it leaves a directory that is not formatted.
        """
        try:
            found = {name: (self._kept / name).read_bytes() for name in FILES}
        except FileNotFoundError:
            return False
        found[META] = DIRECTORY.sub(directory_id().encode(), found[META])
        records.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            _write(records / name, found[name])
        return True

    def keep(self, records: Path) -> None:
        """Keeps what the tool has just written, in place of other jars' and other properties'.

        Nothing is kept if it is not what we know of formatted directories.
        """
        found = {file.name: file.read_bytes() for file in records.iterdir()}
        if sorted(found) != sorted(FILES) or len(DIRECTORY.findall(found[META])) != 1:
            return
        draft = self._folder / f"{self._kept.name}.{uuid.uuid4().hex}"
        draft.mkdir(parents=True)
        for name in FILES:
            _write(draft / name, found[name])
        with contextlib.suppress(OSError):  # somebody else has kept it meanwhile
            draft.rename(self._kept)
        others = {one for one in self._folder.iterdir() if not one.suffix} - {self._kept}
        for other in {draft, *others}:
            shutil.rmtree(other, ignore_errors=True)


def directory_id() -> str:
    """A new one, as org.apache.kafka.common.Uuid.randomUuid makes them: no option begins so."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="))[0] == "-":
        pass
    return text


def _write(file: Path, content: bytes) -> None:
    """The whole file or none of it, also where the power fails."""
    draft = file.with_name(f"{file.name}.tmp")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
