"""`python -m promptci`, and what the installed command runs.

It imports next to nothing: until `main` has begun, the interpreter answers a signal, with a traceback.
"""

import gc
import os
import signal

# New objects from one search for circles to the next; Python's own 700 make some 150 searches of a check of 2,000 cases
# that find next to nothing. 100,000 of them are some 10 MB, which is all that may lie about in between.
_NEW_OBJECTS = 100_000


def _leave(number: int, _frame: object) -> None:
    """End at once, without a word: nothing was begun. Raising here would print a traceback from inside an import."""
    os._exit(128 + number)


def main() -> None:
    """Run the command line; a signal that comes while it is being imported ends it as a later one would."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)
    gc.set_threshold(_NEW_OBJECTS)
    from promptci.cli import main as run

    try:
        run()
    finally:
        gc.freeze()  # the interpreter's end searches all that is left for circles, twice: a tenth of a cached check


if __name__ == "__main__":
    main()
