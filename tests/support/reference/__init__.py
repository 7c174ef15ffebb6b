"""What turns the docstrings of the packages into pages: used by mkdocs, see ``.mkdocs.yml``."""
