"""What `make real` does: fetch the models, serve them on loopback, run what is not finished, end the servers.

With `--base-url` nothing is fetched or served. All other options go to run.py.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import models
import run

PORTS = {models.SMALL.name: 8191, models.LARGER.name: 8192}
READY_S = 300


@contextmanager
def served(folder: Path, name: str) -> Iterator[str]:
    """The address of a server of that model, which ends with the block. SystemExit when it does not come up."""
    url = f"http://127.0.0.1:{PORTS[name]}"
    command = [str(folder / "venv" / "bin" / "python"), models.__file__, "serve", str(folder / f"{name}.gguf")]
    with (folder / f"{name}.log").open("w") as log:
        server = subprocess.Popen([*command, str(PORTS[name])], stdout=log, stderr=log)
    try:
        until = time.monotonic() + READY_S
        while not healthy(url):
            if server.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{name} does not answer at {url}; see {folder / name}.log")
            time.sleep(1)
        yield f"{url}/v1"
    finally:
        server.terminate()
        server.wait(30)


def healthy(url: str) -> bool:
    """Whether a server has loaded its model."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as reply:  # noqa: S310 - http on loopback
            return int(reply.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def main(arguments: Sequence[str]) -> int:
    """Run on a given server, or on our own."""
    if "--base-url" in arguments or "--table" in arguments:
        return run.main(arguments)
    folder = Path(arguments[arguments.index("--work") + 1])
    models.setup(folder)
    with served(folder, models.SMALL.name) as scorer, served(folder, models.LARGER.name) as optimizer:
        return run.main([*arguments, "--base-url", scorer, "--optimizer-url", optimizer])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
