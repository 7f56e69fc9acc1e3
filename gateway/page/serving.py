"""The page's files over HTTP: beside the API, under every path that is not the API's."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ABSENT = "the page is not built yet: run `make page` (the API is at /v1)\n"
FOREVER = "public, max-age=31536000, immutable"
"""For files whose names change with their bytes."""


class PageFiles(StaticFiles):
    """The files of a build. A path without a file is a view of the page: index.html."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, or index.html."""
        if path.startswith("v1/") or path == "v1":
            raise HTTPException(404)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or "." in path.rsplit("/", 1)[-1]:
                raise
            response = await super().get_response("index.html", scope)
        kept = FOREVER if path.startswith("assets/") else "no-cache"
        response.headers["Cache-Control"] = kept
        return response


def mount(api: FastAPI, folder: Path | None) -> None:
    """Serve a build; without one, say what to do."""
    if folder is None:
        api.add_route("/", _absent, include_in_schema=False)
    else:
        api.mount("/", PageFiles(directory=folder, html=True), name="page")


async def _absent(_request: object) -> Response:
    return PlainTextResponse(ABSENT, 503)
