"""Fetch a document of a running service by HTTP GET. The one HTTP client; standard library, with a time limit."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from ..errors import FetchError

TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response; the names of headers are in lower case, the body is decompressed."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def fetch(url: str, **headers: str) -> Answer:
    """Return the answer to a GET, whatever its status. Raises FetchError if there is no answer."""
    if urlsplit(url).scheme not in {"http", "https"}:
        raise FetchError(url, "is not an http(s) URL")
    request = Request(url, headers={"Accept-Encoding": "gzip", "User-Agent": "feedsvc", **headers})  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - the scheme was checked
            status, received, body = response.status, response.headers, response.read()
    except HTTPError as error:
        with error:
            status, received, body = error.code, error.headers, error.read()
    except (URLError, TimeoutError, ConnectionError) as error:
        raise FetchError(url, f"does not answer: {error}") from None
    names = {name.lower(): value for name, value in received.items()}
    return Answer(url, status, names, gzip.decompress(body) if names.get("content-encoding") == "gzip" else body)


def fetch_json(url: str) -> Any:
    """Return the JSON document at a URL, None if the status is 404. Raises FetchError for other statuses than 200."""
    answer = fetch(url)
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise FetchError(url, f"answers {answer.status}")
    return json.loads(answer.body)
