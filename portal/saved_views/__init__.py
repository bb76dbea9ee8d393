"""Views of a page that people save for themselves."""
