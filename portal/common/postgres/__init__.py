"""Django's PostgreSQL backend with several logins behind one alias."""
