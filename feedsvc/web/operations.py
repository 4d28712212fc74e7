"""What operators' machines ask for: is it alive."""

from flask import Blueprint, Response

from ..store.scopes import get_scope_state
from .db import get_db

blueprint = Blueprint("operations", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Answer 200 where the database can be read."""
    get_scope_state(get_db(), "everything")
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})
