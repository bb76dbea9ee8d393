"""The queue of gates: deliveries are added in the transaction that applies their reports."""
