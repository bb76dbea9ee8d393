"""Jobs that derive stored messages again after a rule, an owner or a setting has changed."""
