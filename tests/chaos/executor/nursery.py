"""Has the executor's imports behind it and forks a process for each sitting that it is asked for.

In: one spec a line. Out: one JSON line for each: what the process ended with (negative: a signal),
and the point at which it was killed.
"""

from __future__ import annotations

import gc
import os
import sys

import orjson
import uvloop

from tests.chaos.executor.sitting import die_at, sit
from tests.chaos.executor.spec import Spec


def run(spec: Spec) -> tuple[int, str]:
    """Fork, sit, and wait for the end."""
    told, telling = os.pipe()
    child = os.fork()
    if child == 0:
        code = 70
        try:
            die_at(spec, telling)
            code = uvloop.run(sit(spec))
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            if os.environ.get("CHAOS_TRACE"):
                import traceback

                traceback.print_exc()
        finally:
            os._exit(code)
    os.close(telling)
    _, status = os.waitpid(child, 0)
    with os.fdopen(told) as pipe:
        point = pipe.read()
    return os.waitstatus_to_exitcode(status), point


def main() -> None:
    """Serve until standard input ends."""
    import ccxt.pro  # noqa: F401  # the children need it at once

    gc.freeze()
    for line in sys.stdin.buffer:
        code, point = run(Spec.of(line))
        sys.stdout.buffer.write(orjson.dumps({"code": code, "point": point}) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
