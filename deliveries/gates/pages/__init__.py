"""Pages of gates below /t/<slug>/gates/: list, health, form with preview, tests, attempts, secrets."""
