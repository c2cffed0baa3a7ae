"""The command line: parse, call one workflow function, print, exit. No other module imports click.

Everything else is imported inside the commands, so that `promptci --help` is instant.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from promptci import __version__
from promptci.errors import PromptciError, UsageError
from promptci.untrusted import shown

if TYPE_CHECKING:
    from types import FrameType

    from promptci.commands.optimize import Mode
    from promptci.report.base import Report
    from promptci.run.options import Options

EXIT_FAILED, EXIT_USAGE, EXIT_UNMEASURED, EXIT_BUG, EXIT_INTERRUPTED, EXIT_TERMINATED = 1, 2, 3, 70, 130, 143

_ended_by = EXIT_INTERRUPTED

F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **settings: Any) -> Callable[[F], F]:
    """Make an option that is also read from PROMPTCI_<OPTION>."""
    long = next(n for n in names if n.startswith("--")).split("/")[0]
    settings.setdefault("envvar", "PROMPTCI_" + long[2:].upper().replace("-", "_"))
    return click.option(*names, **settings)


_CHOICES = (
    option("-c", "--config", type=click.Path(path_type=Path), help="Settings file.  [default: promptci.yaml]"),
    option(
        "-o", "--output", type=click.Path(path_type=Path), multiple=True, help="Also write the report; .json or .md."
    ),
    option(
        "-j", "--max-concurrency", type=click.IntRange(1, 1024), default=16, show_default=True, help="Calls at once."
    ),
    option("--repeat", type=click.IntRange(1, 25), default=1, show_default=True, help="Answers per case."),
    option("--seed", type=int, default=0, show_default=True, help="Seed of every random choice."),
    option("--max-calls", type=click.IntRange(0), help="Hard cap on requests sent; 0 sends none."),
    option("--max-usd", type=click.FloatRange(0, min_open=True), help="Hard cap on cost."),
    option("--max-minutes", type=click.FloatRange(0, min_open=True), help="Hard cap on time."),
    option("--no-cache", is_flag=True, help="Do not use earlier answers."),
    option("--replay", is_flag=True, help="Use earlier answers only; a call that would be sent is an error."),
    option("--resume", metavar="RUN", help="Go on with an interrupted run."),
    option("--strict", is_flag=True, help="Exit 1 when the verdict is inconclusive."),
    option("--json", "as_json", is_flag=True, envvar="PROMPTCI_JSON", help="Print the report as JSON, nothing else."),
    option("-q", "--quiet", is_flag=True, help="Print verdicts only."),
    option("-v", "--verbose", is_flag=True, help="Print more."),
)


def common(command: F) -> F:
    """Add the options that every measuring command has."""
    for choice in reversed(_CHOICES):
        command = choice(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="promptci")
def cli() -> None:
    """Tests, gates and improves the prompts in a git repository.

    Exit codes: 0 passed or inconclusive, 1 the gate failed, 2 usage, configuration or data, 3 could not measure.
    """


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("--base", metavar="REV", help="Compare with this revision.  [default: where the branch left main]")
@option("--all", "all_", is_flag=True, help="Also score prompts that did not change.")
@option("--accept", is_flag=True, help="Run afresh and write the outcomes as the baselines; gate nothing.")
@common
def check(ids: tuple[str, ...], base: str | None, all_: bool, accept: bool, **rest: Any) -> None:
    """Score changed prompts; fail if one got worse."""
    from promptci.commands.check import check as story

    options = _options(rest)
    _finish(story(options, ids=ids, base=base, everything=all_, accept=accept), options, rest)


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("--strategy", metavar="NAME", help="How candidates are proposed.  [default: the settings file's]")
@click.option("--pr", is_flag=True, help="Push a branch and open or update its pull request.")
@click.option("--write", is_flag=True, help="Write the better prompt into the working tree.")
@click.option("--dry-run", is_flag=True, help="Only print the diff (default); the question is noted in the ledger.")
@common
def optimize(ids: tuple[str, ...], strategy: str | None, pr: bool, write: bool, dry_run: bool, **rest: Any) -> None:
    """Search for a better prompt and confirm it."""
    from promptci.commands.optimize import optimize as story

    if pr + write + dry_run > 1:
        raise UsageError("--pr, --write and --dry-run exclude each other", hint="name one of them")
    mode: Mode = "pr" if pr else "write" if write else "dry-run"
    options = _options(rest)
    _finish(story(options, ids=ids, strategy=strategy, mode=mode), options, rest)


@cli.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@option("--json", "as_json", is_flag=True, envvar="PROMPTCI_JSON", help="Print the report as JSON, nothing else.")
@option("--strict", is_flag=True, help="Exit 1 when the verdict is inconclusive.")
@option("-o", "--output", type=click.Path(path_type=Path), multiple=True, help="Also write the report; .json or .md.")
def compare(a: Path, b: Path, **rest: Any) -> None:
    """Compare two earlier runs, without a model."""
    from promptci.commands.compare import compare as story
    from promptci.commands.kept import record
    from promptci.run.options import Options

    options = Options(outputs=rest["output"], strict=rest["strict"])
    _finish(story(record(options, a), record(options, b)), options, rest)


@cli.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@option("-c", "--config", type=click.Path(path_type=Path), help="Settings file.  [default: promptci.yaml]")
@option("--cases", type=click.IntRange(1, 20_000), help="Ask about a set of this many cases instead of your own.")
@option("--noise", type=click.FloatRange(0, 0.5), default=0.05, show_default=True, help="Share of cases that flip.")
def power(ids: tuple[str, ...], config: Path | None, cases: int | None, noise: float) -> None:
    """Say what an eval set can show."""
    from promptci.commands.power import power as story
    from promptci.run.options import Options

    for line in story(Options(config=config), ids=ids, cases=cases, noise=noise):
        click.echo(line)


@cli.command()
@option(
    "--fail-on",
    type=click.Choice(["regression", "threshold", "never"]),
    default="regression",
    show_default=True,
    help="What makes the exit code 1: any failing gate, min_score alone, or nothing.",
)
@common
def ci(fail_on: str, **rest: Any) -> None:
    """Do what the CI event asks for."""
    from promptci.commands.ci import ci as story

    options = _options(rest)
    _finish(story(options, os.environ, _silent if rest["as_json"] else click.echo), options, rest, fail_on)


@cli.command()
@option("--dir", "directory", type=click.Path(path_type=Path), help="Where to put it.  [default: a new directory]")
def demo(directory: Path | None) -> None:
    """Tell the whole story on a throw-away repository."""
    from promptci.commands.demo import demo as story

    story(directory, say=click.echo, color=_color())


@cli.command()
@option(
    "--dir", "directory", type=click.Path(path_type=Path), default=Path(), help="The repository.", show_default=True
)
def init(directory: Path) -> None:
    """Write the files of a first set-up."""
    from promptci.commands.init import init as story

    for line in story(directory):
        click.echo(shown(line))


_CONFIG = option("-c", "--config", type=click.Path(path_type=Path), help="Settings file.  [default: promptci.yaml]")


@cli.group()
def cache() -> None:
    """Show, clear, export or import stored answers."""


@cache.command("size")
@_CONFIG
def cache_size(config: Path | None) -> None:
    """Say how many answers are kept."""
    from promptci.commands import kept as storage

    click.echo(storage.cache_size(_located(config)))


@cache.command("clear")
@_CONFIG
def cache_clear(config: Path | None) -> None:
    """Forget every answer."""
    from promptci.commands import kept as storage

    click.echo(storage.cache_clear(_located(config)))


@cache.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@_CONFIG
def cache_export(file: Path, config: Path | None) -> None:
    """Write every answer into one file, for --replay elsewhere."""
    from promptci.commands import kept as storage

    click.echo(shown(storage.cache_export(_located(config), file)))


@cache.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_CONFIG
def cache_import(file: Path, config: Path | None) -> None:
    """Take in a file that `export` wrote."""
    from promptci.commands import kept as storage

    click.echo(shown(storage.cache_import(_located(config), file)))


@cli.group(invoke_without_command=True)
@_CONFIG
@click.pass_context
def runs(ctx: click.Context, config: Path | None) -> None:
    """List runs; show or remove one."""
    from promptci.commands import kept as storage

    ctx.obj = _located(config)
    if ctx.invoked_subcommand is None:
        for line in storage.runs(ctx.obj):
            click.echo(shown(line))


@runs.command("show")
@click.argument("run")
@click.pass_obj
def runs_show(options: Options, run: str) -> None:
    """Print a run's report."""
    from promptci.commands import kept as storage
    from promptci.report.terminal import as_text

    click.echo(as_text(storage.show_run(options, run), color=_color()), nl=False)


@runs.command("remove")
@click.argument("run")
@click.pass_obj
def runs_remove(options: Options, run: str) -> None:
    """Remove a run's records; its answers stay in the cache."""
    from promptci.commands import kept as storage

    click.echo(shown(storage.remove_run(options, run)))


@cli.command()
@click.argument("run")
@option("-o", "--output", type=click.Path(path_type=Path), required=True, help="Where to; .json, .md or .txt.")
@_CONFIG
def report(run: str, output: Path, config: Path | None) -> None:
    """Write one run's report as a file; the ending picks the format."""
    from promptci.commands import kept as storage
    from promptci.report import write

    write(storage.show_run(_located(config), run), output)


@cli.group()
def offline() -> None:
    """Serve the built-in offline model."""


@offline.command()
@option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port on 127.0.0.1; 0 picks one."
)
def serve(port: int) -> None:
    """Serve the offline model over HTTP, as an OpenAI-compatible server on this machine."""
    from promptci.models.offline.server import serve as run

    try:
        run(port, announce=click.echo)
    except OSError as problem:
        raise UsageError(f"port {port}: {problem.strerror}", hint="--port 0 picks a free one") from None


def _located(config: Path | None) -> Options:
    from promptci.run.options import Options

    return Options(config=config)


def _color() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _silent(_line: str) -> None:
    """Take the place of printing: with --json, standard output is the report and nothing else."""


def _options(rest: dict[str, Any]) -> Options:
    from promptci.report import writer_for
    from promptci.run.options import Options

    for path in rest["output"]:
        writer_for(path)  # an ending that nobody can write is refused before a call is paid for
    return Options(
        config=rest["config"],
        outputs=rest["output"],
        concurrency=rest["max_concurrency"],
        repeat=rest["repeat"],
        seed=rest["seed"],
        max_calls=rest["max_calls"],
        max_usd=rest["max_usd"],
        max_minutes=rest["max_minutes"],
        no_cache=rest["no_cache"],
        replay=rest["replay"],
        resume=rest["resume"],
        strict=rest["strict"],
        quiet=rest["quiet"] or rest["as_json"],
        verbose=rest["verbose"],
    )


def _finish(report: Report, options: Options, rest: dict[str, Any], fail_on: str = "regression") -> NoReturn:
    """Print the report, write it where it was asked for, and exit with its code."""
    from promptci.report import write
    from promptci.report.terminal import as_text

    for path in options.outputs:
        write(report, path)
    if rest["as_json"]:
        from promptci.report.json import as_json

        click.echo(as_json(report), nl=False)
    elif options.quiet:
        for prompt in report.prompts:
            found = prompt.search
            more = f"  {found.outcome}  {shown(found.pull_request.url or '')}" if found else ""
            click.echo(f"{prompt.verdict}  {shown(prompt.id)}{more}".rstrip())
    else:
        click.echo(as_text(report, color=_color(), verbose=options.verbose), nl=False)
    codes = {
        "fail": EXIT_FAILED if fails(report, fail_on) else 0,
        "unmeasured": EXIT_UNMEASURED,
        "inconclusive": EXIT_FAILED if options.strict else 0,
    }
    raise SystemExit(codes.get(report.verdict, 0))


def fails(report: Report, fail_on: str) -> bool:
    """Whether a failing report is one that the user wants to fail on."""
    failing = [p for p in report.prompts if p.verdict == "fail"]
    below = any(reason.startswith("min_score: ") for p in failing for reason in p.reasons)
    return fail_on == "regression" or (fail_on == "threshold" and below)


def main() -> NoReturn:
    """Run the command line; the only place where errors become text and exit codes.

    Python exits 1 on a crash and click on ^C: a crash must not look like a regression, so neither is left to them.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        cli.main(standalone_mode=False)
        sys.exit(0)
    except PromptciError as problem:
        _complain(str(problem), problem.exit_code)
    except click.exceptions.NoArgsIsHelpError as problem:
        click.echo(problem.format_message())
        sys.exit(0)
    except click.UsageError as problem:
        where = problem.ctx.command_path if problem.ctx else "promptci"
        _complain(str(UsageError(problem.format_message(), hint=f"{where} --help")), EXIT_USAGE)
    except (KeyboardInterrupt, click.Abort):
        click.echo("promptci: interrupted; what was answered is kept", err=True)
        sys.exit(_ended_by)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_TERMINATED)
    except Exception:  # the last resort: a bug keeps its traceback and has an exit code of its own
        _crash()


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    """End on SIGTERM in the same orderly way as on ^C, with another exit code.

    The code is kept aside: click and asyncio replace the exception on its way by one of their own.
    """
    global _ended_by
    _ended_by = EXIT_TERMINATED
    signal.raise_signal(signal.SIGINT)
    raise KeyboardInterrupt


def _complain(text: str, code: int) -> NoReturn:
    click.echo(f"promptci: {shown(text)}", err=True)
    sys.exit(code)


def _crash() -> NoReturn:
    import traceback

    click.echo(shown(traceback.format_exc()), err=True)
    click.echo("promptci: this is a bug in promptci; please report it with the lines above", err=True)
    sys.exit(EXIT_BUG)
