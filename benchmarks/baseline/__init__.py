"""Baseline for comparison: a Django REST Framework view, one ORM insert for each report, gunicorn."""
