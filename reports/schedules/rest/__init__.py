"""/api/v1/reports/definitions/: saved reports, their runs, files and recipients for API keys."""
