"""The door for delivery reports: a small ASGI app beside Django's, no ORM and no middleware.

Nothing is answered 2xx before it is durable: the answer follows the commit (deliveries/ingest/writer.py).
"""
