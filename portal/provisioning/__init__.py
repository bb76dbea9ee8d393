"""Provisioning: creates accounts, feeds, tenants, partner ids and people from a YAML file."""
