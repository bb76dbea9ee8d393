"""HTTP endpoint for delivery reports: a small ASGI app without ORM and middleware.

A 2xx is sent only after the report is durable: the response follows the commit (deliveries/ingest/writer.py).
"""
