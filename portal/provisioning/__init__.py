"""What a YAML file asks for, made true: accounts, feeds, tenants, partner ids and people."""
