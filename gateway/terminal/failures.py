"""Errors as one line that names the remedy; a traceback only where TAPELINE_DEBUG is set."""

from __future__ import annotations

import os
from typing import Any

import typer
from typer.core import TyperGroup

DEBUG = "TAPELINE_DEBUG"


class Commands(TyperGroup):
    """The commands of `tapeline`: what one of them raises ends it in one line and code 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            if hasattr(error, "exit_code") or isinstance(error, BrokenPipeError | typer.Abort):
                raise
            if os.environ.get(DEBUG):
                raise
            typer.echo(f"tapeline: {told(error)}", err=True)
            raise typer.Exit(1) from None


def told(error: Exception) -> str:
    """The error in one line."""
    from confluent_kafka import KafkaException
    from pydantic import ValidationError

    from infra.local.errors import LocalError
    from schemas.errors import TapelineError

    text = " ".join(str(error).split())
    if isinstance(error, TapelineError | LocalError | TimeoutError):
        return text or type(error).__name__
    if isinstance(error, KafkaException):
        return f"Kafka: {error.args[0].str()}: is the broker well? (tapeline status)"
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, OSError):
        return f"{error.strerror or text}: {error.filename}" if error.filename else text
    return f"{type(error).__name__}: {text} (a fault of ours: set {DEBUG}=1 to see where)"


def _invalid(error: Any) -> str:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{error.title}: {place}: {first['msg']}: mend tapeline.toml or the environment"
