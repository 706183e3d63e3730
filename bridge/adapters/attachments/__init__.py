"""Attached files: judged by their content, and kept in a folder."""
