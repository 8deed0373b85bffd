"""A bot that is told when an interview is scored, reads the report, and says so in a line.

    python webhook_bot.py --port 9000         # then: an endpoint for https://…/ with the event interview.scored

Needs a key with `interviews:read` in VIVA_KEY, VIVA_URL, and the endpoint's secret in VIVA_WEBHOOK_SECRET. Viva sends
to public https:// addresses: put it behind a proxy with a certificate.
"""

from __future__ import annotations

import argparse
import os
import queue
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from viva_client import NotFound, Viva
from viva_client.webhooks import Event, NotFromViva, verify

LARGEST = 256 * 1024


class Seen:
    """Events that were dealt with: Viva delivers each at least once, so one can come twice."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path)
        self.database.execute("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY)")

    def is_new(self, event: Event) -> bool:
        """Whether it was not dealt with yet."""
        return self.database.execute("SELECT 1 FROM seen WHERE id = ?", [event.id]).fetchone() is None

    def note(self, event: Event) -> None:
        """Remember it."""
        with self.database:
            self.database.execute("INSERT OR IGNORE INTO seen VALUES (?)", [event.id])


def act(viva: Viva, event: Event) -> None:
    """What the bot does: here it prints; yours might write to a chat."""
    if event.type != "interview.scored":
        return
    try:
        interview = viva.interviews.read_interview(event.data["interview_id"])
        report = viva.interviews.read_report(interview.id, wait=20)
    except NotFound:
        return  # erased meanwhile
    who = interview.candidate.name or interview.candidate.external_id or "Somebody"
    print(f"{who}: {report.band.label if report.band else 'no score'} ({report.score})", flush=True)


def work(inbox: queue.Queue[Event], memory: Path) -> None:
    """Deal with one event after the other."""
    seen = Seen(memory)
    with Viva() as viva:
        while True:
            event = inbox.get()
            try:
                if seen.is_new(event):
                    act(viva, event)
                    seen.note(event)
            except Exception as error:
                # Not noted: when it is replayed, it is tried again.
                print(f"Event {event.id} failed: {error}", file=sys.stderr, flush=True)


def main() -> None:
    """Listen."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--memory", type=Path, default=Path("webhook_bot.sqlite"))
    given = parser.parse_args()
    secret = os.environ["VIVA_WEBHOOK_SECRET"]
    inbox: queue.Queue[Event] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        """Takes deliveries: verified, put aside, and answered at once."""

        def do_POST(self) -> None:
            """Take one."""
            length = int(self.headers.get("content-length") or 0)
            if not 0 < length <= LARGEST:
                self.send_error(413)
                return
            try:
                inbox.put(verify(self.rfile.read(length), dict(self.headers), secret))
            except NotFromViva:
                self.send_error(400)
                return
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Be quiet."""

    threading.Thread(target=work, args=(inbox, given.memory), daemon=True).start()
    with ThreadingHTTPServer(("127.0.0.1", given.port), Receiver) as server:
        print(f"Listening at port {server.server_address[1]}.", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
