"""The REST API's views of deliveries."""
