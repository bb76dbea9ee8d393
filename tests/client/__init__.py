"""The package sms-portal-client, against a running portal."""
