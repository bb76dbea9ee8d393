"""Bodies and queries of a gate's requests: LINK's delivery report as JSON, form pairs, XML or a template; our event."""
