"""How well the scorer agrees with people: `viva evaluate`, and the card that it writes (docs/scoring-card.md).

Everything is measured through the same engine that serves the web, the worker and the API.
"""
