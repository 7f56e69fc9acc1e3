"""The dashboards as Grafana reads them: python -m infra.monitoring.drawing writes the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from infra.monitoring.panels import DASHBOARDS, Panel

FOLDER = Path(__file__).with_name("dashboards")
WIDE, HIGH, WHOLE = 8, 8, 24
"""Of a panel, and of a row of them, in Grafana's units."""
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard(name: str) -> dict[str, Any]:
    """One of them; the data source is chosen at its top."""
    variable = {"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Data"}
    return {
        "uid": f"tapeline-{name}",
        "title": f"Tapeline: {name}",
        "tags": ["tapeline"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [variable]},
        "panels": [_panel(n, panel) for n, panel in enumerate(DASHBOARDS[name])],
    }


def _panel(n: int, panel: Panel) -> dict[str, Any]:
    left, row = (n * WIDE) % WHOLE, (n * WIDE) // WHOLE
    return {
        "id": n + 1,
        "type": panel.kind,
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": {"x": left, "y": row * HIGH, "w": WIDE, "h": HIGH},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {
                "refId": "ABCDEF"[at],
                "datasource": SOURCE,
                "expr": expression,
                "legendFormat": legend,
            }
            for at, (expression, legend) in enumerate(panel.queries)
        ],
    }


def text(name: str) -> bytes:
    """The file's bytes."""
    return orjson.dumps(dashboard(name), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    for each in DASHBOARDS:
        (FOLDER / f"{each}.json").write_bytes(text(each))
