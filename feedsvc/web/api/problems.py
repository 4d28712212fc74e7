"""Render errors under /api as application/problem+json (RFC 9457), with every problem of every field."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Response, current_app
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from ...addresses import API_DOCUMENT, absolute
from ...models import Site
from ...problems import Problem
from ..context import get_site
from .models import FieldProblem, ProblemAnswer, dump

MEDIA_TYPE = "application/problem+json"
# The kinds of problems, with status and title. The kind is the last part of a problem's `type`.
KINDS = {
    "json": (400, "The body is not JSON"),
    "bad-request": (400, "The request cannot be read"),
    "token": (401, "A valid token is needed"),
    "ward": (403, "The token does not write for this ward"),
    "forbidden": (403, "Not allowed"),
    "not-found": (404, "There is nothing here"),
    "method": (405, "The method is not allowed here"),
    "withdrawn": (409, "The article is withdrawn"),
    "changed": (412, "The article was changed by somebody else"),
    "too-large": (413, "The body is too large"),
    "too-many": (413, "Too many articles or files in one request"),
    "media-type": (415, "The body must be JSON, or a form with files"),
    "invalid": (422, "Fields are wrong"),
    "key-reused": (422, "The Idempotency-Key belongs to another request"),
    "if-match": (428, "If-Match is needed"),
    "too-often": (429, "Too many requests"),
    "internal": (500, "The service failed"),
    "read-only": (503, "This server only reads"),
    "busy": (503, "The database is held by another writer: try again later"),
    "full": (507, "The disk of the service is full or cannot be written to: nothing was written"),
}
_OF_STATUS = {400: "bad-request", 403: "forbidden", 404: "not-found", 405: "method", 413: "too-large", 500: "internal"}
_DETAILS = {
    404: f"there is no such address: {API_DOCUMENT} lists what there is",
    405: "the header Allow names the methods that this address takes",
    500: "the failure was logged; try again later",
}
# The names in a record of fields that ingest calls otherwise.
_PLACES = {"content": "content_html", "source_url": "url", "record": ""}


class ApiError(Exception):
    """A request to the API that fails. `kind` is a key of KINDS; `more` are further members of the answer."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Iterable[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.errors, self.headers, self.more = kind, detail, list(errors), headers or {}, more

    def describe(self, site: Site) -> ProblemAnswer:
        status, title = KINDS[self.kind]
        members: dict[str, Any] = {
            "type": absolute(site.url, f"{API_DOCUMENT}#/x-problem-types/{self.kind}"),
            "title": title,
            "status": status,
            "detail": self.detail,
            **({"errors": self.errors} if self.errors else {}),
            **self.more,
        }
        return ProblemAnswer(**members)


def render_problem(error: ApiError) -> Response:
    problem = error.describe(get_site())
    return Response(dump(problem), problem.status, headers=error.headers, content_type=MEDIA_TYPE)


def render_http_error(error: HTTPException) -> Response:
    """Render an exception of Werkzeug or Flask as a problem; its headers (Allow, Retry-After) stay."""
    status = error.code or 500
    kind = _OF_STATUS.get(status, "bad-request" if status < 500 else "internal")
    headers = {name: value for name, value in error.get_headers() if name not in {"Content-Type", "Content-Length"}}
    detail = _DETAILS.get(status) or re.sub(r"<[^>]*>", "", error.description or "")
    return render_problem(ApiError(kind, detail, headers=headers))


def reject(problems: Iterable[Problem], *, prefix: str = "#") -> ApiError:
    """Return the answer to a record with problems; `prefix` is the pointer to the record in the body."""
    problems = list(problems)
    for problem in filter(lambda problem: problem.is_ours, problems):
        current_app.logger.error("%s: %s", problem.code, problem.message)
    errors = [
        FieldProblem(
            field=problem.field,
            pointer=_build_pointer(prefix, problem.field),
            code=problem.code,
            detail=problem.message,
            detail_vi=problem.message_vi,
        )
        for problem in problems
    ]
    return _summarise(errors)


def reject_model(error: ValidationError, *, prefix: str | None = None) -> ApiError:
    """Return the answer to a body (`prefix` points to it) or a query string that a model refuses."""
    found = []
    for detail in error.errors(include_url=False, include_context=False):
        name = ".".join(map(str, detail["loc"]))
        pointer = {} if prefix is None else {"pointer": _build_pointer(prefix, name)}
        found.append(FieldProblem(field=name, code=detail["type"], detail=detail["msg"], **pointer))
    return _summarise(found)


def _summarise(errors: list[FieldProblem]) -> ApiError:
    return ApiError("invalid", f"{len(errors)} problem(s): see errors", errors=errors)


def _build_pointer(prefix: str, field: str) -> str:
    """Return a field's place in the body, such as "#/images/0/url" (RFC 6901)."""
    steps = [step for step in re.split(r"[.\[\]]+", _PLACES.get(field, field)) if step]
    return "/".join([prefix, *steps])
