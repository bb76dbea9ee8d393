"""Replays: delivery reports that a gate sends again, once each, in small portions."""
