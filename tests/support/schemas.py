"""Small values that fit a JSON schema of our OpenAPI document, and values that do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def resolved(schema: Schema, spec: Schema) -> Schema:
    """Follow references."""
    while "$ref" in schema:
        found: Any = spec
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def kinds(schema: Schema, spec: Schema) -> set[str]:
    """The JSON types a schema lets in."""
    schema = resolved(schema, spec)
    if not schema:
        return {"null", "boolean", "integer", "number", "string", "array", "object"}
    found: set[str] = set()
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        found |= kinds(each, spec)
    given = schema.get("type", ())
    found |= {given} if isinstance(given, str) else set(given)
    if "const" in schema or "enum" in schema:
        found |= {"string"}
    return found | ({"integer"} if "number" in found else set())


def sample(schema: Schema, spec: Schema) -> Any:
    """A small fitting value."""
    schema = resolved(schema, spec)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return sample(schema[several][0], spec)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    make = _MAKE.get(schema.get("type", ""))
    return None if make is None else make(schema, spec)


_MAKE: Mapping[str, Callable[[Schema, Schema], Any]] = {
    "object": lambda schema, spec: {
        name: sample(schema["properties"][name], spec) for name in schema.get("required", ())
    },
    "array": lambda schema, spec: [sample(schema["items"], spec)] * schema.get("minItems", 0),
    "string": lambda schema, spec: "x" * max(1, schema.get("minLength", 0)),
    "integer": lambda schema, spec: max(1, schema.get("minimum", 0)),
    "number": lambda schema, spec: max(1, schema.get("minimum", 0)),
    "boolean": lambda schema, spec: False,
}


WRONG: tuple[tuple[str, Any], ...] = (
    ("null", None),
    ("boolean", True),
    ("integer", 7),
    ("integer", 1 << 63),
    ("integer", -(1 << 63) - 1),
    ("number", 1.5),
    ("string", "7"),
    ("array", []),
    ("array", [["x"]]),
    ("object", {}),
    ("object", {"$ne": None}),
)
"""A kind and a value of it."""


def misfits(schema: Schema, spec: Schema) -> Iterator[tuple[str, Any]]:
    """For each field of an object, values of every kind it does not let in: (field, value)."""
    for name, field in resolved(schema, spec).get("properties", {}).items():
        allowed = kinds(field, spec)
        for kind, value in WRONG:
            if kind not in allowed:
                yield name, value
