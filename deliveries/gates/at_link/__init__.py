"""Gates at LINK that feed the portal: listed, compared, created and corrected by LINK's Gate API."""
