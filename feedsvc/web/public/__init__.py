"""Serve what anybody may read: pages, feeds, lists, the change log, pictures."""
