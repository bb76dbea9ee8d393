"""Money leaks: messages of the last days that cost without need."""
