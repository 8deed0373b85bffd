"""Benchmarks: `make bench`. Each prints figures and ratios of one run; `docs/performance.md` is written by them."""
