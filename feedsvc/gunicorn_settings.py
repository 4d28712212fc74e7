"""Configure gunicorn: `gunicorn -c python:feedsvc.gunicorn_settings "feedsvc:create_app()"`."""

import gc
from typing import Any

from feedsvc.config import load_settings

_settings = load_settings()

bind = _settings.bind
workers = _settings.workers
worker_class = "gthread"
threads = _settings.threads
keepalive = 75  # longer than nginx's 60 s, so that nginx never sends on a connection that is being closed
timeout = 60
graceful_timeout = 15
# All workers share one copy of the code; each thread opens its database connection after the fork.
preload_app = True
control_socket_disable = True
max_requests = 0
accesslog = _settings.access_log or None
errorlog = "-"
loglevel = "warning"
worker_tmp_dir = None
proc_name = "feedsvc"
# gunicorn ignores X-Forwarded-*: every URL comes from site_url.
forwarded_allow_ips = ""


def pre_fork(server: Any, worker: Any) -> None:
    """Exclude everything loaded so far from garbage collection, so that workers keep sharing its memory."""
    gc.freeze()
