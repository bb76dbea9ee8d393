"""Standing checks: silent feeds, waiting rows, differences between messages and counts."""
