"""The REST API's views of reports."""
