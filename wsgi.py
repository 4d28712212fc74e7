"""The WSGI entry point for servers that are not started by `feedsvc serve`."""

from feedsvc import create_app

app = create_app()
