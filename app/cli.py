"""The `viva` command."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from app import __version__
from app.kit.config import get_settings
from app.kit.errors import OperatorError, VivaError

app = typer.Typer(
    name="viva",
    help="Practise and hold technical interviews: timed, scored against rubrics, with marks you can argue with.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
key_app = typer.Typer(help="API keys for other systems.", no_args_is_help=True)
app.add_typer(key_app, name="key")

CONFIGURATION_ERROR = 3
"""Exit code of a supervised process that a restart will not help."""


def one_thread_a_text() -> None:
    """Must come before numpy and torch are loaded, which read it once: see `app.embedding.load_encoder`."""
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"viva {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """Viva."""


# Each command imports what it needs when it runs: `viva web` must not load what only the worker needs.


@app.command()
def web() -> None:
    """Run one web process (VIVA_HOST, VIVA_PORT). Start as many as you like behind a proxy."""
    from app.commands.processes import run_web

    run_web(get_settings())


@app.command()
def worker() -> None:
    """Run one worker: it owns the model, scores answers and ends interviews whose time is up."""
    from app.commands.processes import run_worker_process

    run_worker_process(get_settings())


@app.command()
def migrate() -> None:
    """Bring the database to this version of Viva."""
    from app.kit.command_database import database
    from app.kit.migrate import upgrade

    with database(get_settings()) as url:
        upgrade(url)
    print("The database is at this version of Viva.")


@app.command()
def seed() -> None:
    """Load the questions and templates in seed/: edited files become new versions."""
    from app.bank.seeding import seed_all
    from app.kit.command_database import database
    from app.kit.migrate import upgrade

    settings = get_settings()
    with database(settings) as url:
        upgrade(url)
        report = seed_all(url, settings.seed_dir)
    print(f"Loaded {report}.")
    for error in report.errors:
        print(f"not loaded: {error}", file=sys.stderr)
    if report.errors:
        raise typer.Exit(1)


@app.command()
def verify(
    about: Annotated[
        str | None, typer.Argument(help="The id of an assessment, an answer or an interview; else everything.")
    ] = None,
) -> None:
    """Compute stored scores again from their receipts, and say whether they match. Nothing is changed."""
    from app.commands.verify import run

    raise typer.Exit(run(get_settings(), about))


@key_app.command("create")
def key_create(
    name: Annotated[str, typer.Argument(help="What the key is for; shown in lists and the audit trail.")],
    org: Annotated[str | None, typer.Option("--org", help="The organisation's slug; else the first one.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="May be given several times; else all but admin.")
    ] = None,
) -> None:
    """Make an API key. Its secret is shown once, alone on the last line."""
    from app.accounts.keys import create_key
    from app.kit.command_database import database
    from app.kit.db import transaction
    from app.kit.migrate import upgrade

    with database(get_settings()) as url:
        upgrade(url)
        with transaction(url) as session:
            secret = create_key(session, name, org, scope)
    print("Keep this secret: it is not shown again. Send it as “Authorization: Bearer …”.", file=sys.stderr)
    print(secret)


@app.command("first-admin")
def first_admin() -> None:
    """Print a link that makes its holder the first admin, once; `viva serve` does so at its start."""
    from app.accounts.first_admin import make_first_admin_link
    from app.kit.command_database import database
    from app.kit.db import transaction
    from app.kit.migrate import upgrade

    settings = get_settings()
    with database(settings) as url:
        upgrade(url)
        with transaction(url) as session:
            link = make_first_admin_link(session, settings.address)
    if link is None:
        raise OperatorError("There is an admin already: ask them to invite you.")
    print(link)


def _register() -> None:
    """Commands whose options are long live beside what they do."""
    from app.commands.bank import bank_app
    from app.commands.doctor import doctor
    from app.commands.evaluate import evaluate
    from app.commands.grade import grade
    from app.commands.lti import lti_app
    from app.commands.serve import serve
    from app.commands.train import export_model, train

    app.command()(serve)
    app.command()(doctor)
    app.command()(grade)
    app.command()(evaluate)
    app.command()(train)
    app.command()(export_model)
    app.add_typer(bank_app, name="bank")
    app.add_typer(lti_app, name="lti")


def main() -> None:
    """Run; what an operator can mend is one sentence and exit code 1, never a traceback."""
    if sys.argv[1:2] in (["worker"], ["grade"], ["evaluate"], ["verify"], ["train"], ["bank"]):
        one_thread_a_text()
    _register()
    try:
        app()
    except (OperatorError, VivaError) as error:
        print(f"viva: {error.message}", file=sys.stderr)
        raise SystemExit(CONFIGURATION_ERROR if os.environ.get("VIVA_SUPERVISED_FD") else 1) from None


if __name__ == "__main__":
    main()
