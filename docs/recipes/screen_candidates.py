"""Invite the candidates of a CSV file to an interview, and later write down how they did.

    python screen_candidates.py candidates.csv warm-up                       # name,email,external_id in the first line
    python screen_candidates.py candidates.csv warm-up --results results.csv

Needs a key with `interviews:write` and `interviews:read` in VIVA_KEY, and VIVA_URL.
"""

from __future__ import annotations

import argparse
import csv
import sys
import uuid
from pathlib import Path

from viva_client import Conflict, Viva, VivaProblem


def read_candidates(path: Path) -> list[dict[str, str]]:
    """The lines of the file, as the API takes candidates."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = [{name: (value or "").strip() for name, value in line.items() if name} for line in csv.DictReader(file)]
    for number, line in enumerate(lines, 2):
        if not line.get("email") or not line.get("external_id"):
            sys.exit(f"{path}, line {number}: every candidate needs an email and an external_id.")
    return [{name: line[name] for name in ("name", "email", "external_id") if line.get(name)} for line in lines]


def invite(viva: Viva, candidates: list[dict[str, str]], template: str) -> None:
    """Invite them all, or nobody. Viva writes the letters."""
    # Made of what is sent: if this program is run again within a day, nobody is invited twice.
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{template} {candidates}"))
    body = {"template": template, "candidates": candidates}
    try:
        viva.request("POST", "/api/v1/invitations", body=body, idempotency_key=key)
    except Conflict as problem:
        sys.exit(f"Nobody was invited: {problem.detail}")
    print(f"{len(candidates)} candidates are invited.")


def write_results(viva: Viva, candidates: list[dict[str, str]], path: Path) -> None:
    """The best first; who has not finished is left empty."""
    wanted = {one["external_id"]: one for one in candidates}
    rows: dict[str, tuple[float, str]] = {}
    for interview in viva.interviews.list_interviews(status="finished"):
        who = interview.candidate.external_id
        if who in wanted and who not in rows:  # newest first: the latest counts
            report = viva.wait_for(viva.interviews.read_report, interview.id)
            note = "a person should look" if report.needs_review else ""
            rows[who] = (report.score or 0.0, note)
    order = sorted(wanted, key=lambda who: rows.get(who, (-1.0, ""))[0], reverse=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["external_id", "name", "score", "note"])
        for who in order:
            score, note = rows.get(who, (None, "not finished"))
            out.writerow([who, wanted[who].get("name", ""), "" if score is None else f"{score:.2f}", note])
    print(f"{len(rows)} of {len(wanted)} have finished; {path} says how they did.")


def main() -> None:
    """Invite, or write results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("candidates", type=Path)
    parser.add_argument("template")
    parser.add_argument("--results", type=Path)
    given = parser.parse_args()
    candidates = read_candidates(given.candidates)
    with Viva() as viva:
        try:
            if given.results:
                write_results(viva, candidates, given.results)
            else:
                invite(viva, candidates, given.template)
        except VivaProblem as problem:
            sys.exit(f"{problem} Request {problem.request_id}.")


if __name__ == "__main__":
    main()
