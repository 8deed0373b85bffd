"""Scoring: arrays and texts in, a report out. Standard library and numpy only; no web, no database, no model."""
