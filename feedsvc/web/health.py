"""Answer the operator's monitoring: health and metrics."""

from flask import Blueprint, Response

from ..store.articles import count_by_state
from ..store.damaged import list_damaged
from ..store.scopes import get_scope_state
from .context import get_db, get_parts

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer 200 if the database can be read."""
    get_scope_state(get_db(), "everything")
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@blueprint.get("/metrics")
def metrics() -> Response:
    """Answer with counts in the text format of Prometheus, from the database, so that all workers agree."""
    db = get_db()
    state = get_scope_state(db, "everything")
    lines = [
        "# TYPE feedsvc_info gauge",
        f'feedsvc_info{{version="{get_parts().site.version}"}} 1',
        "# HELP feedsvc_articles Articles by state.",
        "# TYPE feedsvc_articles gauge",
        *(f'feedsvc_articles{{state="{name}"}} {count}' for name, count in sorted(count_by_state(db).items())),
        "# HELP feedsvc_damaged_articles Articles that were damaged after they were stored and are omitted from feeds.",
        "# TYPE feedsvc_damaged_articles gauge",
        f"feedsvc_damaged_articles {len(list_damaged(db))}",
        "# HELP feedsvc_changes_total The seq of the last change.",
        "# TYPE feedsvc_changes_total counter",
        f"feedsvc_changes_total {state.seq}",
        "# HELP feedsvc_last_change_timestamp_seconds The time of the last change.",
        "# TYPE feedsvc_last_change_timestamp_seconds gauge",
        f"feedsvc_last_change_timestamp_seconds {int(state.changed_at.timestamp())}",
    ]
    body = "\n".join(lines) + "\n"
    return Response(
        body, content_type="text/plain; version=0.0.4; charset=utf-8", headers={"Cache-Control": "no-store"}
    )
