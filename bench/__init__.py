"""The benchmarks behind docs/performance.md. `make bench` runs them."""
