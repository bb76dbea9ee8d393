"""Shared parts of the REST API: keys, errors, parameters, pages."""
