"""Checks of gateways' invoices: uploads, our side from counts and messages, results, claims (docs/invoice-proof.md)."""
