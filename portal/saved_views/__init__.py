"""Views of a page that people save for themselves, and may share with their colleagues."""
