"""How fast the portal is: figures measured against servers that are started for them (docs/performance.md)."""
