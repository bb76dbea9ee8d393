"""Gates: delivery reports forwarded to the tenants' own URLs."""
