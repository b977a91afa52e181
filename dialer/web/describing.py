"""The API's description (OpenAPI 3.1): the routes' own, with the catalogue of problems and examples."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from dialer.web import problems
from dialer.web.permissions import needed

_REFERENCE = "#/components/schemas/"
_DEEP = 6
_OF_TYPE: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": True, "null": None}


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of the application's routes."""
    schema = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        openapi_version="3.1.0",
    )
    schemas = schema.setdefault("components", {}).setdefault("schemas", {})
    problem = problems.Problem.model_json_schema(ref_template=_REFERENCE + "{model}")
    own = problem.pop("$defs")
    assert schemas.keys().isdisjoint(own), "a model of the routes has the name of a part of a problem"
    schemas.update(own)
    schemas["Problem"] = problem
    schema["x-problems"] = {
        code: {"status": kind.status, "title": kind.title, "meaning": kind.meaning}
        for code, kind in problems.CATALOGUE.items()
    }
    for methods in schema["paths"].values():
        for operation in methods.values():
            operation["x-permission"] = needed(operation["operationId"]) or "administrator"
    _mend_tuples(schema)
    for one in schemas.values():
        if "examples" not in one and one.get("type") == "object":
            one["examples"] = [_example(one, schemas, 0)]
    return schema


def _mend_tuples(part: object) -> None:
    """A tuple of like parts is a list of that length: not every reader of 3.1 knows `prefixItems` well."""
    if isinstance(part, dict):
        parts = part.get("prefixItems")
        if isinstance(parts, list) and all(one == parts[0] for one in parts):
            part["items"] = part.pop("prefixItems")[0]
        for one in part.values():
            _mend_tuples(one)
    elif isinstance(part, list):
        for one in part:
            _mend_tuples(one)


def _example(  # noqa: PLR0911 - one for each kind of schema
    schema: dict[str, Any], schemas: dict[str, Any], depth: int
) -> Any:  # noqa: ANN401 - JSON of any kind
    """A value that fits the schema: its own example, its default, or the plainest one."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].removeprefix(_REFERENCE)], schemas, depth + 1)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "default" in schema:
        return schema["default"]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], schemas, depth)
    match schema.get("type"):
        case "object" if depth < _DEEP:
            return {
                name: _example(one, schemas, depth + 1)
                for name, one in schema.get("properties", {}).items()
                if name in schema.get("required", ()) or "examples" in one
            }
        case "object":
            return {}
        case "array" if "prefixItems" in schema:
            return [_example(one, schemas, depth + 1) for one in schema["prefixItems"]]
        case "array":
            return [_example(schema["items"], schemas, depth + 1)] if schema.get("minItems", 0) else []
        case "string":
            return "text"[: schema.get("maxLength", 4)]
        case kind:
            return _OF_TYPE.get(kind or "null")
