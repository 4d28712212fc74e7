"""Contenders that serve the same feed, each a WSGI application `app` over the database of feedsvc."""
