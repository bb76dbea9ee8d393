"""Links by which people without an account see one page of a tenant."""
