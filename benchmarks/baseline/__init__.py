"""What a user would write instead: a Django REST Framework view, one ORM insert for each report, gunicorn."""
