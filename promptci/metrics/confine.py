"""Give up what a grading function has no use for: runs inside the child, as a script of its own, before their code.

Landlock (files), a seccomp filter (network, processes), limits on memory and time (Linux: landlock(7), seccomp(2),
setrlimit(2)). Nothing here is imported by promptci; `sandbox.py` starts it with `python -I`. It imports the standard
library alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import resource
import runpy
import select
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read file, read directory
_FILES = (0, 13, 14, 15, 15, 16, 16, 16)  # by version of Landlock: how many rights on files it knows
# socket, socketpair, connect, bind, ptrace, kill and its kin, setsid, setpgid, mount, unshare, setns, keys, memory of
# other processes, bpf, io_uring
_DENIED = {
    "x86_64": (
        41,
        53,
        42,
        49,
        101,
        62,
        129,
        200,
        234,
        297,
        112,
        109,
        165,
        166,
        272,
        308,
        248,
        249,
        250,
        310,
        311,
        321,
        425,
    ),
    "aarch64": (
        198,
        199,
        203,
        200,
        117,
        129,
        138,
        130,
        131,
        240,
        157,
        154,
        40,
        39,
        97,
        268,
        217,
        218,
        219,
        270,
        271,
        280,
        425,
    ),
}
_PROCESSES = {"x86_64": (56, 57, 58, 435, 59, 322), "aarch64": (220, 435, 221, 281)}  # clone, fork, vfork, exec
# Node reads a configuration of OpenSSL at its start and ends where it may not; there is nothing to be configured.
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "OPENSSL_CONF": "/dev/null"}
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def files_only(readable: list[str]) -> bool:
    """Allow reading below these paths and nothing else of the file system. False where Landlock is not there."""
    version = _LIBC.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    handled = (1 << _FILES[min(version, 7)]) - 1
    ruleset = _LIBC.syscall(_CREATE_RULESET, ctypes.byref(ctypes.c_uint64(handled)), 8, 0)
    if ruleset < 0:
        return False
    for path in readable:
        try:
            place = os.open(path, getattr(os, "O_PATH", 0) | os.O_CLOEXEC)
        except OSError:
            continue  # what is not there needs no right
        rights = _READ if Path(path).is_dir() else _READ & ~(1 << 3)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights & handled, place), 12)
        _LIBC.syscall(_ADD_RULE, ruleset, 1, rule, 0)
        os.close(place)
    _LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    done = _LIBC.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(done)


def no_network(processes: bool) -> bool:
    """Refuse system calls for network, other processes, and (unless `processes`) new ones. False where impossible."""
    machine = platform.machine()
    if machine not in _DENIED or sys.platform != "linux":
        return False
    denied = (*_DENIED[machine], *(() if processes else _PROCESSES[machine]))
    # Load the architecture, kill on another one; load the call's number; x32's calls are none; then one test a call.
    code = [(0x20, 0, 0, 4), (0x15, 1, 0, _AUDIT[machine]), (0x06, 0, 0, 0x80000000), (0x20, 0, 0, 0)]
    code += [(0x35, len(denied), 0, 0x40000000)]
    code += [(0x15, len(denied) - n, 0, number) for n, number in enumerate(denied)]
    code += [(0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x00050001)]  # allow, or fail with EPERM
    code[4] = (0x35, len(denied) + 1, 0, 0x40000000)
    packed = b"".join(struct.pack("=HBBI", *line) for line in code)
    held = ctypes.create_string_buffer(packed, len(packed))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code), ctypes.addressof(held)))
    _LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(_LIBC.prctl(_SECCOMP, _FILTER, program, 0, 0) == 0)


def limited(memory_mb: int, seconds: int) -> None:
    """Bound memory, processor time, open files and what may be written."""
    for kind, most in (
        (resource.RLIMIT_AS, memory_mb << 20),
        (resource.RLIMIT_CPU, seconds + 1),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def readable(folder: str, order: dict[str, Any]) -> list[str]:
    """Return the paths that their code may read: its own folder, Python, and for commands the system's programs."""
    system = ["/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom"]
    return [folder, sys.prefix, sys.base_prefix, *system, *order.get("readable", [])]


def answered(order: dict[str, Any], folder: str, out: int) -> None:
    """Confine this process, run their code on one answer, write what it returns. Never returns."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    limited(order["memory_mb"], int(order["seconds"]))
    os.chdir(folder)
    held = [files_only(readable(folder, order)), no_network(bool(order["argv"]))]
    os.write(out, json.dumps({"held": held}).encode() + b"\n")
    try:
        if order["argv"]:
            _execute(order, out)
        function = runpy.run_path(order["file"])[order["function"]]
        found = {"value": function(order["output"], order["case"])}
        text = json.dumps(found)
    except BaseException as problem:  # whatever their code does is theirs, exits and interrupts too
        text = json.dumps({"problem": f"{type(problem).__name__}: {problem}"[:300]})
    os.write(out, text.encode()[:60_000])
    os._exit(0)


def _execute(order: dict[str, Any], out: int) -> None:
    """Become their program: the answer as JSON on its standard input, its output is what it says."""
    read, write = os.pipe()
    os.write(write, json.dumps({"output": order["output"], "case": order["case"]}).encode()[:60_000])
    os.close(write)
    os.dup2(read, 0)
    os.dup2(out, 1)
    os.execvpe(order["argv"][0], order["argv"], _ENVIRONMENT)  # noqa: S606  # argv is ours, and no shell reads it


def waited(child: int, read: int, seconds: float) -> tuple[bytes, str]:
    """Take what a child writes until it ends, is late or says too much; then end it and all that it started."""
    said, end, why, status = b"", time.monotonic() + seconds, "", None
    while not why:
        # What it left running holds the pipe open: its own end is what counts.
        ended = status is not None
        if select.select([read], [], [], 0 if ended else 0.02)[0]:
            chunk = os.read(read, 65_536)
            said += chunk
            if chunk and len(said) <= 70_000:
                continue
            if not chunk and not ended:
                time.sleep(0.001)  # it closed its side and is about to end
        if len(said) > 70_000:
            why = "it said too much"
        elif ended:
            break
        elif time.monotonic() > end:
            why = f"it took over {seconds:g} s"
        else:
            done, found = os.waitpid(child, os.WNOHANG)
            status = found if done else None
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    if status is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    elif os.WIFSIGNALED(status) and not why:
        why = f"it was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return said, why


def main(folder: str) -> None:
    """Answer orders, one JSON line each: a fresh, confined process for every one."""
    for line in sys.stdin:
        order = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.setsid()
            os.close(read)
            answered(order, folder, write)
        os.close(write)
        said, why = waited(child, read, order["seconds"])
        os.close(read)
        first, _, rest = said.partition(b"\n")
        sys.stdout.write(
            json.dumps({"first": first.decode("utf-8", "replace"), "said": rest.decode("utf-8", "replace"), "why": why})
            + "\n"
        )
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
