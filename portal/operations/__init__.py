"""What operators need beside the pages: backups, metrics, logs."""
