"""ETags: who changes a thing says which state of it was seen, and is told where it is another by now."""

import hashlib

from fastapi import Request, Response
from pydantic import BaseModel

from dialer.web.problems import ProblemError


def etag(shown: BaseModel) -> str:
    """The mark of a thing as it is shown."""
    return '"' + hashlib.sha256(shown.model_dump_json().encode()).hexdigest()[:24] + '"'


def mark(response: Response, shown: BaseModel) -> None:
    """Put the mark of what is answered on the answer."""
    response.headers["ETag"] = etag(shown)


def check_match(request: Request, shown: BaseModel) -> None:
    """Raises ProblemError(changed) where If-Match names another state than the present one."""
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip() != "*" and etag(shown) not in (one.strip() for one in wanted.split(",")):
        raise ProblemError("changed", "read it again, and decide anew")
