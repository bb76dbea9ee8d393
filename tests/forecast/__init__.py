"""Tests of reports/forecast."""
