"""Report definitions: saved reports, made on a schedule or when a person asks, and sent to their recipients."""
