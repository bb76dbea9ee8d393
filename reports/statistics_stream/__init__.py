"""The stream of statistics: totals of days as they change, for API clients and for the pages' live figures."""
