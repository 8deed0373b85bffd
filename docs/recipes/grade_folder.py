"""Grade a folder of answers, one file each, to one question; the grades become a CSV file.

    python grade_folder.py answers/ --question what-learning-is              # a question of the bank
    python grade_folder.py answers/ --model-answer model.txt                 # or an answer that is good

Needs a key with `gradings:write` in VIVA_KEY, and VIVA_URL.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from viva_client import Viva, VivaProblem
from viva_client.inputs import GradingRequest
from viva_client.models import GradingAccepted, ScoreOut

AT_ONCE = 100
"""As many as one call takes."""


def requests(folder: Path, question: str | None, model_answer: Path | None) -> list[GradingRequest]:
    """What is to be graded; the file's name comes back as the id."""
    found: list[GradingRequest] = []
    for path in sorted(folder.glob("*.txt")):
        request: GradingRequest = {"id": path.name, "answer": path.read_text(encoding="utf-8")}
        if question:
            request["slug"] = question
        elif model_answer:
            request["references"] = [model_answer.read_text(encoding="utf-8")]
        found.append(request)
    return found


def graded(viva: Viva, wanted: list[GradingRequest]) -> Iterator[tuple[str, str, str, str]]:
    """Each answer's score, how sure it is, and what was wrong where one could not be graded."""
    # All are sent before the first is waited for.
    taken = [viva.gradings.create_grading(wanted[at : at + AT_ONCE]) for at in range(0, len(wanted), AT_ONCE)]
    for part, accepted in zip(range(0, len(wanted), AT_ONCE), taken, strict=True):
        assert isinstance(accepted, GradingAccepted)  # without `wait` it is never more than that
        done = viva.wait_for(viva.gradings.read_grading, accepted.id, seconds=600)
        if done.status != "done" or not isinstance(done.result, list):
            raise SystemExit(f"Grading {done.id} has failed: send it again.")
        for request, result in zip(wanted[part : part + AT_ONCE], done.result, strict=True):
            name = str(request.get("id"))
            if isinstance(result, ScoreOut):
                yield name, f"{result.score:.2f}", f"{result.confidence:.2f}", result.feedback or ""
            else:
                yield name, "", "", result.error


def main() -> None:
    """Grade the folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--question")
    parser.add_argument("--model-answer", type=Path)
    parser.add_argument("--out", type=Path, default=Path("grades.csv"))
    given = parser.parse_args()
    if bool(given.question) == bool(given.model_answer):
        parser.error("say either --question or --model-answer")
    wanted = requests(given.folder, given.question, given.model_answer)
    if not wanted:
        sys.exit(f"There are no .txt files in {given.folder}.")
    with Viva() as viva, given.out.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["answer", "score", "confidence", "remark"])
        try:
            out.writerows(graded(viva, wanted))
        except VivaProblem as problem:
            sys.exit(f"{problem} Request {problem.request_id}.")
    print(f"{len(wanted)} answers are graded: {given.out}")


if __name__ == "__main__":
    main()
