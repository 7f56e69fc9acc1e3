"""Has the executor's imports behind it and forks a process for each sitting that it is asked for.

In: one spec a line. Out: one JSON line for each: what the process ended with (negative: a signal).
"""

from __future__ import annotations

import gc
import os
import sys

import orjson
import uvloop

from tests.chaos.executor.sitting import die_at, sit
from tests.chaos.executor.spec import Spec


def run(spec: Spec) -> int:
    """Fork, sit, and wait for the end."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            die_at(spec)
            code = uvloop.run(sit(spec))
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            if os.environ.get("CHAOS_TRACE"):
                import traceback

                traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def main() -> None:
    """Serve until standard input ends."""
    import ccxt.pro  # noqa: F401  # the children need it at once

    gc.freeze()
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(orjson.dumps({"code": run(Spec.of(line))}) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
