"""The demo: the whole portal, three months of simulated traffic over HTTP, past months' reports by the worker."""
