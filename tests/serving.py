"""A server of the standard library at work in a thread, for the time of a block."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from typing import TypeVar

Some = TypeVar("Some", bound=BaseServer)


@contextmanager
def at_work(server: Some) -> Iterator[Some]:
    """Serve until the block ends, however it ends; then the port is free again."""
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
