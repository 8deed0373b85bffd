"""`viva grade`: score the answers in a file, without a web server.

A database is opened only where a line names a question of the bank.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from app.embedding import load_encoder
from app.kit.config import get_settings
from app.kit.errors import OperatorError
from app.scoring.grading import GradingError, Lookup, PreparedCache, grade_request
from app.scoring.grading_line import MAX_LINE_BYTES, id_of, read_line

OpenLookup = Callable[[], AbstractContextManager[Lookup]]


def grade(
    source: Annotated[str, typer.Argument(metavar="IN.jsonl", help="One JSON object a line; - reads standard input.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT.jsonl", help="Where the results go; - is standard output.")
    ] = "-",
) -> None:
    """Score answers from a file: with a rubric, with model answers alone, or with a question of the bank by its slug.

    Exit code 0 if every line was graded, 1 if some have an error in their place, 2 if the command cannot run like this.
    """
    if source != "-" and not Path(source).is_file():
        print(f"There is no file {source}.", file=sys.stderr)
        raise typer.Exit(2)
    if output != "-" and not (Path(output).parent.is_dir() and not Path(output).is_dir()):
        print(f"Results cannot be written to {output}: name a file in a folder that exists.", file=sys.stderr)
        raise typer.Exit(2)
    encoder = load_encoder(get_settings())
    with ExitStack() as stack:
        lines = sys.stdin.buffer if source == "-" else stack.enter_context(Path(source).open("rb"))
        total = None if source == "-" else _count_lines(Path(source))
        grader = LineGrader(encoder, stack)
        with _progress(total) as advance, _writer(output) as write:
            for line in _lines(lines):
                write(grader.grade(line))
                advance()
    if grader.errors:
        word = "lines has" if grader.errors == 1 else "lines have"
        print(
            f"{grader.errors} of {grader.graded + grader.errors} {word} an error in place of a score.", file=sys.stderr
        )
        raise typer.Exit(1)


class LineGrader:
    """Turns lines into result lines; a bad line becomes ``{"id": …, "error": …}`` and the rest goes on.

    `stack` keeps the bank open from the first line that needs it; `open_lookup` stands in for it in tests.
    """

    def __init__(self, encoder: Any, stack: ExitStack, open_lookup: OpenLookup | None = None) -> None:
        self._encoder = encoder
        self._stack = stack
        self._open_lookup = open_lookup
        self._lookup: Lookup | None = None
        self._cache = PreparedCache()
        self.graded = 0
        self.errors = 0

    def grade(self, line: bytes | None) -> str:
        """One result as JSON. None stands for a line that was too long to be read."""
        identifier: object = None
        try:
            request = read_line(line)
            identifier = id_of(request)
            result = grade_request(request, self._encoder, self._cache, self._find)
        except RecursionError:
            return self._failed(identifier, "the line is nested too deeply")
        except GradingError as error:
            return self._failed(identifier, str(error))
        self.graded += 1
        return json.dumps(result, ensure_ascii=False)

    def _failed(self, identifier: object, problem: str) -> str:
        self.errors += 1
        return json.dumps({"id": identifier, "error": problem}, ensure_ascii=True)

    def _find(self, slug: str) -> Any:
        if self._lookup is None:
            self._lookup = self._stack.enter_context((self._open_lookup or _open_bank)())
        return self._lookup(slug)


def _open_bank() -> AbstractContextManager[Lookup]:
    # Imported here, as most files need no bank and the command should start without a database.
    from app.commands.bank_lookup import open_bank_lookup

    return open_bank_lookup()


def _lines(file: IO[bytes]) -> Iterator[bytes | None]:
    """Lines with something on them; None for one that is too long, the rest of which is skipped unread."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                pass
            yield None
        elif line.strip():
            yield line


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


@contextmanager
def _writer(output: str) -> Iterator[Callable[[str], None]]:
    """Writes lines; a file appears under its name only when it is complete."""
    if output == "-":

        def to_stdout(line: str) -> None:
            sys.stdout.write(line + "\n")

        yield to_stdout
        sys.stdout.flush()
        return
    target = Path(output)
    try:
        handle, partial = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".partial", dir=target.parent)
    except OSError as error:
        raise OperatorError(f"Results cannot be written to {output}: {error.strerror}.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            yield lambda line: print(line, file=file)
        # mkstemp makes files that only the owner reads; the result is an ordinary file.
        mask = os.umask(0)
        os.umask(mask)
        Path(partial).chmod(0o666 & ~mask)
        Path(partial).replace(target)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


@contextmanager
def _progress(total: int | None) -> Iterator[Callable[[], None]]:
    """Shows how far it is on standard error, if that is a terminal: rewritten at most five times a second."""
    shown = sys.stderr.isatty()
    started = last = time.monotonic()
    done = 0

    def show() -> None:
        speed = done / max(time.monotonic() - started, 1e-6)
        of = f" of {total:,} ({100 * done / total:.0f} %)" if total else ""
        sys.stderr.write(f"\r\x1b[K{done:,}{of} answers, {speed:.1f} a second")
        sys.stderr.flush()

    def advance() -> None:
        nonlocal done, last
        done += 1
        if shown and time.monotonic() - last >= 0.2:
            last = time.monotonic()
            show()

    try:
        yield advance
    finally:
        if shown:
            show()
            sys.stderr.write("\n")
