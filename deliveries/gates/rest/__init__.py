"""/api/v1/gates/: gates for programs, in the portal's own shape."""
