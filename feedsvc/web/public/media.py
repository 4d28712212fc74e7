"""Pictures of articles, as files that never change: their name is the hash of what is in them."""

from flask import Blueprint, Response, abort, request

from ...addresses import MEDIA
from ...media import MEDIA_TYPES
from ..context import get_parts

blueprint = Blueprint("media", __name__)
_CACHE_CONTROL = "public, max-age=31536000, immutable"


@blueprint.get(f"{MEDIA}<name>")
def picture(name: str) -> Response:
    """Answer with a file of ours; its name alone tells type and entity tag, nothing that is in the file does."""
    path = get_parts().media.find(name)
    if path is None:
        abort(404)
    response = Response(mimetype=MEDIA_TYPES[path.suffix[1:]])
    response.headers["Cache-Control"] = _CACHE_CONTROL
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.set_etag(name.partition(".")[0])
    response.make_conditional(request)
    if response.status_code != 304:
        # Whole, not as an open file: at most a few hundred kilobytes, and HEAD would leave the file open.
        response.set_data(path.read_bytes())
    return response
