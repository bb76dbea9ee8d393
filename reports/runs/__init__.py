"""Report runs: how a month's report is requested, made, kept and downloaded."""
