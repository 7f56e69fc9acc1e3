"""Boosted trees as arrays, scored by a compiled walk: a few microseconds for hundreds of trees.

A tree's nodes stand together, children behind their parent. A value that is not known (NaN) goes to
the side that the training has chosen for it. The score of an output is its base plus the values of
the leaves that its trees end at.

The part that an input has in a score is what the node values change by along the ways that turn on
it, summed over the trees: path attribution (Saabas, Interpreting random forests, 2014, which names
it for forests; a node's value is the mean of its leaves, by samples). It sums up to the score less
the value of the roots. It is quick and exact of this path; unlike a Shapley value it is not fair to
inputs that stand in for one another.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from engine.columns.compiled import compiled
from engine.learning.form import Form, Number
from engine.learning.vector import Vector

MOST = 200_000
"""Nodes of one forest, at most."""

LEAF = -1

WALK = (
    "void(float64[::1], int64[::1], float64[::1], int64[::1], int64[::1], boolean[::1],"
    " float64[::1], int64[::1], int64[::1], float64[::1], float64[:, ::1])"
)


def walk(x, feature, threshold, left, right, unknown_left, value, roots, outputs, out, parts):  # type: ignore[no-untyped-def] # fmt: skip
    """Add each tree's leaf to its output in `out`, and what each input changed to `parts`."""
    for tree in range(len(roots)):
        node, output = roots[tree], outputs[tree]
        while left[node] >= 0:
            at = x[feature[node]]
            down = unknown_left[node] if np.isnan(at) else at <= threshold[node]
            child = left[node] if down else right[node]
            parts[output, feature[node]] += value[child] - value[node]
            node = child
        out[output] += value[node]


def ready() -> None:
    """Compile what walks trees, once a process: the first time may take seconds."""
    compiled(walk, WALK)


class Trees(Form):
    """Trees of one or several outputs. By node: feature (LEAF for a leaf), threshold (down to the
    left where the input is at most that), left, right (places), unknown_left, value. roots: place
    of each tree's first node; outputs: which output it is of.
    """

    feature: tuple[int, ...] = Field(max_length=MOST)
    threshold: tuple[Number, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    unknown_left: tuple[bool, ...]
    value: tuple[Number, ...]
    roots: tuple[int, ...]
    outputs: tuple[int, ...]

    @model_validator(mode="after")
    def _ends(self) -> Self:
        """Every way ends: children come behind their parents, and all is inside."""
        count = len(self.feature)
        columns = (self.threshold, self.left, self.right, self.unknown_left, self.value)
        if any(len(each) != count for each in columns) or len(self.roots) != len(self.outputs):
            raise ValueError("its columns are not of one length")
        if any(not 0 <= root < count for root in self.roots):
            raise ValueError("a tree begins where there is no node")
        for place, (feature, *children) in enumerate(
            zip(self.feature, self.left, self.right, strict=True)
        ):
            leaf = feature == LEAF and children == [LEAF, LEAF]
            if not leaf and not (feature >= 0 and all(place < each < count for each in children)):
                raise ValueError(f"node {place} leads nowhere")
        return self

    def problem(self, inputs: int, outputs: int) -> str:
        """Why it does not fit so many inputs and outputs; "" where it does."""
        if any(each >= inputs for each in self.feature):
            return "it asks for an input that there is not"
        beyond = any(not 0 <= each < outputs for each in self.outputs)
        return "it gives an output that there is not" if beyond else ""


class Forest:
    """Trees in arrays, ready to be walked: those of one form behind those of the one before, its
    outputs too. of: each form with how many outputs it has."""

    def __init__(self, inputs: int, *of: tuple[Trees, int]) -> None:
        self._shape = sum(outputs for _, outputs in of), inputs
        columns: list[list[NDArray[Any]]] = []
        nodes = outputs = 0
        for trees, count in of:
            columns.append(_placed(trees, nodes, outputs))
            nodes, outputs = nodes + len(trees.feature), outputs + count
        self._arrays = tuple(np.concatenate(column) for column in zip(*columns, strict=True))
        self._walk = compiled(walk, WALK)

    def scores(self, x: Vector) -> tuple[Vector, NDArray[np.float64]]:
        """By output the sum of its leaves, and the part that each input has in it, shape
        (outputs, inputs). x: the inputs, NaN for what is not known."""
        parts = np.zeros(self._shape)
        out = np.zeros(self._shape[0])
        self._walk(x, *self._arrays, out, parts)
        return out, parts


def _placed(trees: Trees, nodes: int, outputs: int) -> list[NDArray[Any]]:
    """The columns of a form, in the order of `walk`, behind so many nodes and outputs."""
    feature, left, right, roots, of = (
        np.array(each, dtype=np.int64)
        for each in (trees.feature, trees.left, trees.right, trees.roots, trees.outputs)
    )
    left, right = (np.where(each == LEAF, LEAF, each + nodes) for each in (left, right))
    threshold, value = (np.array(each, dtype=float) for each in (trees.threshold, trees.value))
    unknown = np.array(trees.unknown_left, dtype=np.bool_)
    return [feature, threshold, left, right, unknown, value, roots + nodes, of + outputs]
