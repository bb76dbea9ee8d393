"""Invoices and specifications of gateways as files: read into rows of a claim. Pure."""
