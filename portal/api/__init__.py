"""What all of the REST API shares: keys, errors, parameters, pages."""
