"""Viva inside other systems: what they call, and what Viva tells them."""
