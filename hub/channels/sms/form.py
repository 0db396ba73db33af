"""A webhook's form exactly as it came, and whether Twilio signed it for the configured address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator

FIELDS_MOST = 500


class Unreadable(ValueError):
    """This cannot be understood; says why."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form in order, repeated and blank ones included."""

    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, content: bytes) -> Form:
        """Decode a body. ``Unreadable`` when it is no form."""
        try:
            words = content.decode("utf-8")
            fields = parse_qsl(
                words, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MOST
            )
        except ValueError as error:
            raise Unreadable(f"not a form: {error}") from None
        return cls(tuple(fields))

    def __len__(self) -> int:
        return len(self.fields)

    def __iter__(self) -> Iterator[str]:
        """The names, each once: what a signature is computed over, with ``getall``."""
        return iter(dict.fromkeys(name for name, _ in self.fields))

    def getall(self, name: str) -> list[str]:
        return [value for given, value in self.fields if given == name]

    def get(self, name: str) -> str:
        """The first value of a field; empty when it is not there."""
        return next(iter(self.getall(name)), "")

    def repeats(self, names: Iterable[str]) -> bool:
        """True when one of these is given more than once."""
        return any(len(self.getall(name)) > 1 for name in names)


def is_genuine(tokens: Iterable[str], url: str, form: Form, signature: str) -> bool:
    """True when the form was signed for this very URL with one of the tokens."""
    return bool(signature) and any(
        RequestValidator(token).validate(url, form, signature) for token in tokens
    )
