"""Viva: practise and hold technical interviews."""

__version__ = "0.1.0"
