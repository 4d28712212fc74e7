"""Benchmarks: what docs/performance.md measures, and how. `make bench` runs them."""
