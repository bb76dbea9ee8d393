"""The applier: from waiting inbox rows to messages, delivery reports and counts."""
