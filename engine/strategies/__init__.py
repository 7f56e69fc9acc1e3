"""Strategies: advisors that judge on a context. What is named here is what one is written with."""

from engine.strategies.advisor import AdvisorSettings, graded, opposite
from engine.strategies.judge import SIDES, Judge, Stance
from engine.strategies.judgment import SILENT, Context, Judgment
from engine.strategies.levels import levels
from engine.strategies.outlook import OutlookSettings
from schemas.decisions import Verdict

__all__ = [
    "SIDES", "SILENT", "AdvisorSettings", "Context", "Judge", "Judgment", "OutlookSettings",
    "Stance", "Verdict", "graded", "levels", "opposite",
]  # fmt: skip
