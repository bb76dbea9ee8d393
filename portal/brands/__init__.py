"""White label: a tenant's logo, colour, names and host, which the tenants below it inherit."""
