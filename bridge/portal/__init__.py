"""The portal: one module per page, one table of routes (urls.py), one place for who may (access.py)."""
