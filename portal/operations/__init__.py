"""Tools for operators: backups, metrics, logs."""
