"""The command line: `headwater COMMAND --help` teaches each command."""

import signal
import sys
from types import FrameType
from typing import Any

import typer
from typer._click.exceptions import ClickException

from app.commands.alerts import alerts
from app.commands.approve import approve
from app.commands.audit import audit
from app.commands.backup import backup, restore
from app.commands.compact import compact
from app.commands.deploy import deploy
from app.commands.evaluate import eval_
from app.commands.findings import findings
from app.commands.freshness import freshness
from app.commands.inbox import inbox
from app.commands.ingest import ingest
from app.commands.keys import keys
from app.commands.lint import lint_
from app.commands.look import access, show, status
from app.commands.remove import rebuild, remove
from app.commands.search import search
from app.commands.serve import serve
from app.commands.setup import doctor, init
from app.commands.sources import sources
from app.console import fail, print_json, warn
from flows import traces
from headwater.errors import ConfigError, HeadwaterError

RUN_FAILED, USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="headwater",
    help="Keeps the knowledge behind a RAG chatbot correct.",
    epilog="Start with: headwater init, headwater doctor, headwater ingest, headwater search QUESTION.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (init, ingest, search, show, status, freshness, alerts, access, remove, approve, audit, rebuild, doctor):
    app.command()(command)
app.command()(serve)
app.command()(backup)
app.command()(restore)
app.command()(compact)
app.command()(deploy)
app.command("eval")(eval_)
app.command("lint")(lint_)
app.add_typer(sources)
app.add_typer(findings)
app.add_typer(inbox)
app.add_typer(keys)


def main() -> None:
    """Entry point; turns every error into one sentence, its advice, and an exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    as_json = "--json" in arguments
    try:
        if problem := traces.begin():
            warn(problem)
        result: Any = typer.main.get_command(app).main(arguments, prog_name="headwater", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except typer.Abort:
        return _interrupted()
    except KeyboardInterrupt:
        return _interrupted()
    except ClickException as error:
        return _failed(error.format_message(), "See: headwater COMMAND --help", USAGE, as_json=as_json)
    except HeadwaterError as error:
        code = USAGE if isinstance(error, ConfigError) else RUN_FAILED
        return _failed(str(error), error.advice, code, as_json=as_json)
    except BrokenPipeError:
        sys.stderr.close()
        return RUN_FAILED
    finally:
        traces.end()


def _failed(message: str, advice: str, code: int, *, as_json: bool) -> int:
    if as_json:
        print_json({"error": message, "advice": advice})
    fail(message, advice)
    return code


def _interrupted() -> int:
    fail("interrupted", "What was published is searchable, nothing is half-published; run the same command to go on.")
    return INTERRUPTED


def _terminated(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a signal handler
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
