"""An OpenAPI document as a page: made on the server, nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parent / "templates"
_templates = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STYLE = Markup((_TEMPLATES / "docs.css").read_text("utf-8"))  # noqa: S704 - a file of ours
_markdown = MarkdownIt("commonmark", {"html": False}).disable(["image", "link", "autolink"])

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One parameter or field. ``kind`` says what it may be, with links to the shapes it names."""

    name: str
    kind: Markup
    is_required: bool
    words: Markup
    where: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One good answer: its status, what it holds, and the fields of that."""

    status: str
    kind: Markup
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked of the hub."""

    anchor: str
    method: str
    path: str
    summary: str
    description: Markup
    right: str | None
    roles: Sequence[tuple[str, str]]
    parameters: Sequence[Line]
    body: Sequence[Line]
    body_kind: Markup
    answers: Sequence[Answer]
    refusals: Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one part of the hub."""

    name: str
    words: Markup
    operations: Sequence[Operation]


@dataclass(frozen=True, slots=True)
class Shape:
    """One named schema."""

    anchor: str
    name: str
    words: Markup
    lines: Sequence[Line]


def page(document: Schema, *, theme: str = "system") -> str:
    """The whole reference. ``theme``: light, dark, or system for what the reader's machine says."""
    schemas = document.get("components", {}).get("schemas", {})
    return _templates.get_template("docs.html").render(
        style=_STYLE,
        theme=theme if theme in {"light", "dark"} else None,
        title=document["info"]["title"],
        version=document["info"]["version"],
        about=_block(document["info"].get("description", "")),
        groups=_groups(document, schemas),
        shapes=[_shape(name, schema, schemas) for name, schema in schemas.items()],
        codes=document.get("x-problem-codes", ()),
    )


def _groups(document: Schema, schemas: Schema) -> list[Group]:
    words = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    found: dict[str, list[Operation]] = {name: [] for name in words}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = next(iter(operation.get("tags", ())), "other")
            found.setdefault(tag, []).append(_operation(method, path, operation, schemas))
    return [
        Group(name, _inline(words.get(name, "")), operations)
        for name, operations in found.items()
        if operations
    ]


def _operation(method: str, path: str, operation: Schema, schemas: Schema) -> Operation:
    bodies = list(operation.get("requestBody", {}).get("content", {}).items())
    media, body = (bodies[0][0], bodies[0][1].get("schema", {})) if bodies else ("", {})
    return Operation(
        anchor=f"{method}{path}".replace("/", "-").replace("{", "").replace("}", ""),
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=_block(operation.get("description", "")),
        right=operation.get("x-right"),
        roles=list(operation.get("x-reach", {}).items()),
        parameters=[
            _parameter(parameter, schemas) for parameter in operation.get("parameters", ())
        ],
        body=_lines(body, schemas),
        body_kind=_kind(body, schemas) if "json" in media else escape(media),
        answers=[
            _answer(status, answer, schemas)
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        ],
        refusals=[
            (status, answer.get("x-codes", ()))
            for status, answer in operation["responses"].items()
            if not status.startswith("2")
        ],
    )


def _parameter(parameter: Schema, schemas: Schema) -> Line:
    return Line(
        parameter["name"],
        _kind(parameter["schema"], schemas),
        parameter.get("required", False),
        _inline(parameter.get("description", "") or parameter["schema"].get("description", "")),
        parameter["in"],
    )


def _answer(status: str, answer: Schema, schemas: Schema) -> Answer:
    content = answer.get("content", {})
    if not content:
        return Answer(status, Markup("nothing"), ())
    schema = next(iter(content.values())).get("schema", {})
    if not schema:
        return Answer(status, Markup("the content itself"), ())
    return Answer(status, _kind(schema, schemas), _lines(schema, schemas))


def _shape(name: str, schema: Schema, schemas: Schema) -> Shape:
    words = _block(schema.get("description", ""))
    return Shape(name, _shown(name, schema), words, _lines(schema, schemas))


def _lines(schema: Schema, schemas: Schema) -> list[Line]:
    """The fields of an object."""
    if "$ref" in schema:
        schema = schemas[_name_in(schema["$ref"])]
    needed = set(schema.get("required", ()))
    return [
        Line(name, _kind(field, schemas), name in needed, _inline(field.get("description", "")))
        for name, field in schema.get("properties", {}).items()
    ]


# -- what a field may be ---------------------------------------------------------------------------


def _kind(schema: Schema, schemas: Schema) -> Markup:
    if "$ref" in schema:
        name = _name_in(schema["$ref"])
        return Markup('<a href="#shape-{}">{}</a>').format(name, _shown(name, schemas[name]))
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _either(_kind(each, schemas) for each in schema[several])
    if "const" in schema:
        return _word(schema["const"])
    if "enum" in schema:
        return _either(_word(value) for value in schema["enum"])
    return _plain(schema, schemas) + _default(schema)


def _plain(schema: Schema, schemas: Schema) -> Markup:
    kind = schema.get("type")
    if kind == "array":
        return Markup("[{}]{}").format(
            _kind(schema.get("items", {}), schemas), _size(schema, "Items")
        )
    if kind == "object":
        inner = schema.get("additionalProperties")
        held = _kind(inner, schemas) if isinstance(inner, Mapping) else Markup("…")
        return Markup("{{name: {}}}").format(held)
    if kind == "string":
        is_file = schema.get("format") == "binary" or "contentMediaType" in schema
        return escape("a file" if is_file else "text") + _size(schema, "Length")
    if kind in {"integer", "number"}:
        return escape("whole number" if kind == "integer" else "number") + _range(schema)
    return escape({"boolean": "true or false", "null": "null"}.get(str(kind), "anything"))


def _size(schema: Schema, of: str) -> Markup:
    least, most = schema.get(f"min{of}"), schema.get(f"max{of}")
    if least is None and most is None:
        return Markup("")
    if most is None:
        return Markup(", {} or more").format(least)
    return Markup(", {} to {}").format(least, most) if least else Markup(", up to {}").format(most)


def _range(schema: Schema) -> Markup:
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is None and (above := schema.get("exclusiveMaximum")) is not None:
        most = above - 1
    if least is None and most is None:
        return Markup("")
    if most is None or most >= (1 << 31) - 1:
        return Markup(", {:g} or more").format(least)
    return Markup(", {:g} to {:g}").format(least, most)


def _default(schema: Schema) -> Markup:
    if schema.get("default") in (None, [], ""):
        return Markup("")
    return Markup(", else {}").format(_word(schema["default"]))


def _word(value: object) -> Markup:
    return Markup("<code>{}</code>").format(
        str(value).lower() if isinstance(value, bool) else value
    )


def _either(kinds: Iterable[Markup]) -> Markup:
    return Markup(" or ").join(kinds)


def _name_in(reference: str) -> str:
    return reference.rpartition("/")[2]


def _shown(name: str, schema: Schema) -> str:
    return str(schema.get("title", name)).replace("[", " of ").replace("]", "")


# -- words -----------------------------------------------------------------------------------------


def _inline(words: str) -> Markup:
    return Markup(_markdown.renderInline(words.replace("``", "`")))  # noqa: S704 - HTML in it is escaped


def _block(words: str) -> Markup:
    return Markup(_markdown.render(words.replace("``", "`")))  # noqa: S704 - HTML in it is escaped
