"""Topics -> Parquet files: what Kafka keeps for days, kept.

Records are in files when [archive] roll says, and offsets are committed after that.
"""

from __future__ import annotations

from typing import Any

from topics.app import make_app
from topics.archive.keeping import Keeper
from topics.archive.settings import ArchiveSettings
from topics.settings import settings

kept = settings().of("archive", ArchiveSettings)
app = make_app("archive", broker_commit_interval=kept.roll)
keeper = Keeper(app, settings(), kept)


@app.agent(app.topic(*keeper.topics, value_type=bytes), name="archive", concurrency=1)
async def archive(stream: Any) -> None:
    """Each record becomes a row, exactly as it is."""
    await keeper.run(stream)
