"""Proof of a gateway's invoice: its rows against our counts, the difference split by presumed rules. Pure."""
