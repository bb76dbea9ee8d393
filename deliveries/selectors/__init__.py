"""What is read of deliveries, and never written."""
