"""Forecast of the running month's messages and SMS parts, from the tenant's own weekday rhythm."""
