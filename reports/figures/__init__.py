"""The engine of all figures: counts of any period, grouped, filtered and compared."""
