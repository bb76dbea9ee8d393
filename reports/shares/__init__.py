"""Pages about shared links: made and listed by members, opened by anybody who has one."""
