"""The stream of delivery reports: complete, in the order of application, resumable for 7 days."""
