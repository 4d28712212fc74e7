"""Define the operations of the API, and build the OpenAPI 3.1 document from them and the models that validate.

`views` takes its routes from the same table, so routes and description cannot diverge.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ...addresses import API_ARTICLE, API_ARTICLES, API_DOCUMENT
from ...config import Settings
from ...intake.record import Record
from ...models import Site
from .bodies import ARTICLE_PART, MOST_FILES
from .models import (
    ArticleAnswer,
    ArticlesAnswer,
    ArticlesQuery,
    BatchItem,
    ProblemAnswer,
    ReasonQuery,
    SavedAnswer,
    Withdrawal,
)
from .problems import KINDS, MEDIA_TYPE

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """The meaning of a status; `model` is that of the body (`is_list`: a list of them), `headers` are keys of HEADERS.

    `is_document`: the body is the OpenAPI document, which has no model.
    """

    about: str
    model: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()
    is_list: bool = False
    is_document: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `problems` are the statuses of problems in addition to those of every operation."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    answers: dict[int, Answer]
    problems: tuple[int, ...] = ()
    query: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()
    body: type[BaseModel] | None = None
    takes_many: bool = False
    takes_files: bool = False
    is_public: bool = False


# Headers that a client may send (True: must send).
REQUEST_HEADERS: dict[str, tuple[bool, str]] = {
    "Idempotency-Key": (False, "A key of your choice, new for each request. If it is sent again within a day with the"
                               " same body, the answer is the same and nothing is written."),
    "If-Match": (True, "The ETag of the article that you read: if it has changed since, nothing is written (412)."),
    "If-None-Match": (False, "The ETag of your copy: 304 if it is still current."),
}  # fmt: skip
HEADERS = {
    "ETag": "The version of the article, in quotes.",
    "Location": "Address of the article in the API.",
    "Link": "Address of the next page, rel=next.",
    "Idempotency-Replayed": "true if this answer was given before.",
    "Retry-After": "Seconds to wait.",
    "WWW-Authenticate": "Bearer, and the fault of the token.",
}
_PROBLEM_HEADERS = {401: ("WWW-Authenticate",), 412: ("ETag",), 429: ("Retry-After",)}
_SAVED = ("ETag", "Location", "Idempotency-Replayed")
_READ = ("ETag",)

OPERATIONS = (
    Operation(
        "list_articles", "get", API_ARTICLES, "List articles",
        "The articles of the token's wards in every state, by time of publication, newest first.",
        {200: Answer("A page of the list.", ArticlesAnswer, ("Link",))},
        (422,), query=ArticlesQuery,
    ),
    Operation(
        "post_articles", "post", API_ARTICLES, "Add or correct one article or several",
        "One object is one article; a list holds several, each of which is accepted or refused separately. A known"
        " article (by external_id, else url, else ward, title and day) is corrected if it differs, and left alone"
        " otherwise. An article whose schedule was called off stays a draft, whatever is sent, until PUT or a clerk"
        " publishes it. With a ward's token, a record need not name the ward.",
        {
            200: Answer("The article was known: corrected or unchanged.", SavedAnswer, _SAVED),
            201: Answer("The article was added.", SavedAnswer, _SAVED),
            207: Answer("The result for each of several articles, in their order.", BatchItem,
                        ("Idempotency-Replayed",), is_list=True),
        },
        (400, 403, 409, 413, 415, 422), headers=("Idempotency-Key",), body=Record, takes_many=True,
        takes_files=True,
    ),
    Operation(
        "get_article", "get", API_ARTICLE, "Read an article", "The article, in any state.",
        {200: Answer("The article.", ArticleAnswer, _READ), 304: Answer("Your copy is still current.", None, _READ)},
        (403, 404), headers=("If-None-Match",),
    ),
    Operation(
        "put_article", "put", API_ARTICLE, "Replace an article",
        "The complete new article; a draft is published, or scheduled if its time is in the future. A published article"
        " keeps its time of publication, and every article its external_id. Fields of the answer that a record does not"
        " have may be sent back; they change nothing.",
        {200: Answer("The article after the change.", SavedAnswer, _READ)},
        (400, 403, 404, 409, 412, 413, 415, 422, 428), headers=("If-Match",), body=Record, takes_files=True,
    ),
    Operation(
        "delete_article", "delete", API_ARTICLE, "Withdraw an article",
        "It leaves every feed and list; its own page shows the reason. A scheduled article becomes a draft. The reason"
        " is in the body, or in the query string if a client cannot send a body with DELETE.",
        {200: Answer("The article after the change.", SavedAnswer, _READ)},
        (400, 403, 404, 413, 415, 422), query=ReasonQuery, body=Withdrawal,
    ),
    Operation(
        "get_openapi", "get", API_DOCUMENT, "Read this document", "It changes only with the version.",
        {
            200: Answer("An OpenAPI 3.1 document.", None, _READ, is_document=True),
            304: Answer("Your copy is still current.", None, _READ),
        },
        headers=("If-None-Match",), is_public=True,
    ),
)  # fmt: skip


@lru_cache(maxsize=4)
def render_document(site: Site, settings: Settings) -> bytes:
    return json.dumps(build_document(site, settings), ensure_ascii=False, indent=1).encode()


def build_document(site: Site, settings: Settings) -> Schema:
    """Return the OpenAPI document: version 3.1.1, JSON Schema 2020-12."""
    paths: dict[str, Schema] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _describe(operation, settings)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": f"{site.name}: API",
            "version": site.version,
            "summary": "Post, correct and withdraw news of wards.",
            "description": f"At most {settings.api_requests_per_minute} requests of a token in a minute, and"
            f" {settings.max_form_bytes} bytes in a body. Every error is a problem (RFC 9457).",
        },
        "servers": [{"url": site.url}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _build_schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "Made with `feedsvc tokens add`."}
            },
        },
        "x-problem-types": {kind: {"status": status, "title": title} for kind, (status, title) in KINDS.items()},
    }


def _build_schemas() -> Schema:
    taken: list[type[BaseModel]] = [Record, Withdrawal]
    given: list[type[BaseModel]] = [ArticleAnswer, SavedAnswer, ArticlesAnswer, BatchItem, ProblemAnswer]
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in taken + given]
    _, found = models_json_schema(models, ref_template="#/components/schemas/{model}")
    schemas: Schema = found["$defs"]
    return schemas


def _describe(operation: Operation, settings: Settings) -> Schema:
    parameters = [*_describe_path(operation.path), *_describe_query(operation.query)]
    parameters += [_describe_header(name) for name in operation.headers]
    problems = {*operation.problems, *(() if operation.is_public else (401, 429, 503)), 500}
    problems |= set() if operation.method == "get" else {507}
    responses = {str(status): _describe_answer(answer) for status, answer in operation.answers.items()}
    responses |= {str(status): _describe_problem(status) for status in sorted(problems)}
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.about,
        "responses": responses,
    }
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = _describe_body(operation.body, operation, settings)
    if operation.is_public:
        described["security"] = []
    return described


def _describe_path(path: str) -> list[Schema]:
    if "{id}" not in path:
        return []
    schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    return [{"name": "id", "in": "path", "required": True, "description": "Number of the article.", "schema": schema}]


def _describe_query(model: type[BaseModel] | None) -> list[Schema]:
    if model is None:
        return []
    found = []
    for name, field in model.model_json_schema()["properties"].items():
        # A query string has no null, so an optional parameter is absent instead.
        alternatives = [item for item in field.pop("anyOf", []) if item != {"type": "null"}]
        about, _, default = field.pop("description"), field.pop("title", None), field.pop("default", None)
        schema = {**field, **(alternatives[0] if alternatives else {})}
        schema |= {} if default is None else {"default": default}
        found.append({"name": name, "in": "query", "description": about, "schema": schema})
    return found


def _describe_header(name: str) -> Schema:
    is_required, about = REQUEST_HEADERS[name]
    schema = {"type": "string", "minLength": 1, "maxLength": 255}
    return {"name": name, "in": "header", "required": is_required, "description": about, "schema": schema}


def _describe_body(model: type[BaseModel], operation: Operation, settings: Settings) -> Schema:
    schema: Schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    if operation.takes_many:
        many = {"type": "array", "items": schema, "minItems": 1, "maxItems": settings.api_max_items}
        schema = {"oneOf": [schema, many]}
    content: Schema = {"application/json": {"schema": schema}}
    if operation.takes_files:
        content["multipart/form-data"] = _describe_multipart(model)
    return {"required": operation.method != "delete", "content": content}


def _describe_multipart(model: type[BaseModel]) -> Schema:
    """Describe one record with its images; the client chooses the names of the other parts."""
    article = {"$ref": f"#/components/schemas/{model.__name__}"}
    image = {
        "type": "string",
        "format": "binary",
        "description": f"An image; the record names its file name as `file`. Up to {MOST_FILES}, in parts of any name.",
    }
    properties = {ARTICLE_PART: article, "image": image}
    schema = {"type": "object", "required": [ARTICLE_PART], "properties": properties, "additionalProperties": False}
    return {"schema": schema, "encoding": {ARTICLE_PART: {"contentType": "application/json"}}}


def _describe_answer(answer: Answer) -> Schema:
    described: Schema = {"description": answer.about}
    if answer.headers:
        described["headers"] = _describe_headers(answer.headers)
    if answer.model is not None:
        schema: Schema = {"$ref": f"#/components/schemas/{answer.model.__name__}"}
        schema = {"type": "array", "items": schema} if answer.is_list else schema
        described["content"] = {"application/json": {"schema": schema}}
    elif answer.is_document:
        described["content"] = {"application/json": {"schema": {"type": "object"}}}
    return described


def _describe_problem(status: int) -> Schema:
    titles = [title for of, title in KINDS.values() if of == status]
    described: Schema = {
        "description": "; ".join(titles) + ".",
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemAnswer.__name__}"}}},
    }
    if status in _PROBLEM_HEADERS:
        described["headers"] = _describe_headers(_PROBLEM_HEADERS[status])
    return described


def _describe_headers(names: tuple[str, ...]) -> Schema:
    return {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in names}
