"""Serve the pictures of articles: files that never change, because their name is the hash of their content."""

from flask import Blueprint, Response, abort, request

from ...addresses import MEDIA
from ...media import MEDIA_TYPES
from ..context import get_parts

blueprint = Blueprint("media", __name__)
_CACHE_CONTROL = "public, max-age=31536000, immutable"


@blueprint.get(f"{MEDIA}<name>")
def picture(name: str) -> Response:
    """Answer with one of our own files; type and entity tag come only from its name, not from its content."""
    path = get_parts().media.find(name)
    if path is None:
        abort(404)
    response = Response(mimetype=MEDIA_TYPES[path.suffix[1:]])
    response.headers["Cache-Control"] = _CACHE_CONTROL
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.set_etag(name.partition(".")[0])
    response.make_conditional(request)
    if response.status_code != 304:
        # The whole content instead of an open file: it has at most a few hundred kilobytes, and HEAD would leave the
        # file open.
        response.set_data(path.read_bytes())
    return response
