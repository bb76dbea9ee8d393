"""Performance benchmarks: figures measured against servers started for them (docs/performance.md)."""
