"""Words of memory by address, for compiled code: what numba's arrays cost when passed around.

An address and an index in words travel as two integers, an array as seven. Nothing is checked
here: every index that reaches these loads comes from a refused-or-in-range price, slot or symbol.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile with its caller, for the arguments it is called with."""
    return cast(F, njit(function))


def inlined(function: F) -> F:
    """As compiled, but written out in its caller."""
    return cast(F, njit(function, inline="always"))


def _builtin(function: Callable[..., Any]) -> Callable[..., int]:
    return cast(Callable[..., int], intrinsic(function))


def _pointer(builder: Any, bits: int, address: Any, index: Any) -> Any:
    base = builder.inttoptr(address, ir.IntType(bits).as_pointer())
    return builder.gep(base, [index])


@_builtin
def load(typing: Any, address: Any, index: Any) -> Any:
    """The int64 at a word."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_pointer(builder, 64, args[0], args[1]))

    return types.int64(types.int64, types.int64), generate


@_builtin
def store(typing: Any, address: Any, index: Any, value: Any) -> Any:
    """Set the int64 at a word."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _pointer(builder, 64, args[0], args[1]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@_builtin
def load_real(typing: Any, address: Any, index: Any) -> Any:
    """The float64 at a word."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_pointer(builder, 64, args[0], args[1]))
        return builder.bitcast(value, ir.DoubleType())

    return types.float64(types.int64, types.int64), generate


@_builtin
def store_real(typing: Any, address: Any, index: Any, value: Any) -> Any:
    """Set the float64 at a word."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = builder.bitcast(args[2], ir.IntType(64))
        builder.store(word, _pointer(builder, 64, args[0], args[1]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.float64), generate


@_builtin
def load_half(typing: Any, address: Any, index: Any) -> Any:
    """The uint32 at a half word, as int64."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_pointer(builder, 32, args[0], args[1]))
        return builder.zext(value, ir.IntType(64))

    return types.int64(types.int64, types.int64), generate


@_builtin
def store_half(typing: Any, address: Any, index: Any, value: Any) -> Any:
    """Set the uint32 at a half word."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.trunc(args[2], ir.IntType(32))
        builder.store(value, _pointer(builder, 32, args[0], args[1]))
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64), generate


@_builtin
def call(typing: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any) -> Any:
    """Call the C function at an address: seven int64 in, one out."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        function = ir.FunctionType(word, [word] * 7).as_pointer()
        return builder.call(builder.inttoptr(args[0], function), args[1:])

    return types.int64(*[types.int64] * 8), generate


@_builtin
def quotient(typing: Any, above: Any, below: Any) -> Any:
    """above // below of what is not negative; below is not 0. Where both fit, in 32 bits: that
    takes a processor a third of the time."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        half, word = ir.IntType(32), ir.IntType(64)
        wide = builder.lshr(builder.or_(*args), ir.Constant(word, 32))
        narrow = builder.icmp_unsigned("==", wide, ir.Constant(word, 0))
        with builder.if_else(narrow) as (then, otherwise):
            with then:
                parts = [builder.trunc(arg, half) for arg in args]
                short = builder.zext(builder.udiv(*parts), word)
                first = builder.block
            with otherwise:
                long = builder.udiv(*args)
                second = builder.block
        found = builder.phi(word)
        found.add_incoming(short, first)
        found.add_incoming(long, second)
        return found

    return types.int64(types.int64, types.int64), generate


@_builtin
def lowest_bit(typing: Any, value: Any) -> Any:
    """Index of the lowest bit that is set; the value is not 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], context.get_constant(types.boolean, True))

    return types.int64(types.int64), generate


@_builtin
def highest_bit(typing: Any, value: Any) -> Any:
    """Index of the highest bit that is set; the value is not 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        leading = builder.ctlz(args[0], context.get_constant(types.boolean, True))
        return builder.sub(context.get_constant(types.int64, 63), leading)

    return types.int64(types.int64), generate
