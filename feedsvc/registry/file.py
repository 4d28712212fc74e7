"""Read a registry file into values (docs/registry.md), with a message for every fault of a field."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from ..models import Lifetime, SuccessionKind, UnitKey, WardKind

_Format = Literal["feedsvc-registry-1"]
FORMAT: str = get_args(_Format)[0]
_Path = tuple[int | str, ...]


class FileFaultsError(Exception):
    """The data is not a valid registry file; `faults` lists every fault with its place."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _says(message: str) -> WrapValidator:
    """Return a validator that reports this message if a value does not match its type; `{value!r}` is the value."""

    def check(value: Any, read: Callable[[Any], Any]) -> Any:
        try:
            return read(value)
        except ValidationError:
            raise _fault(message.format(value=value)) from None

    return WrapValidator(check)


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("fault", "{message}", {"message": message})


def _list(message: str) -> BeforeValidator:
    """Return a validator that reports this message if a value is not a list; items report their own faults."""

    def check(value: Any) -> Any:
        if not isinstance(value, list):
            raise _fault(message)
        return value

    return BeforeValidator(check)


def _read_day(value: Any, info: ValidationInfo) -> date:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        day = None
    # fromisoformat also accepts 20250701 and 2025-W27-2.
    if day is None or day.isoformat() != value:
        raise _fault(f"{info.field_name} {value!r} must be a day as YYYY-MM-DD")
    return day


Day = Annotated[date, BeforeValidator(_read_day)]
_Text = Annotated[str, Strict()]
_NAME = r"\S"


def _key(name: str) -> WrapValidator:
    return _says(f"{name} {{value!r}} must be [code, valid_from]")


def _one_of(kinds: Any) -> WrapValidator:
    return _says(f"kind {{value!r}} must be one of {', '.join(get_args(kinds))}")


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Dated(_Value, Lifetime):
    valid_from: Day | None = None
    valid_to: Day | None = None

    @field_validator("valid_to")
    @classmethod
    def _ends_after_it_begins(cls, last: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("valid_from")
        if first and last and last < first:
            raise _fault(f"valid_to {last} is before valid_from {first}")
        return last


class Unit(_Dated):
    """A ward in the file, without slug and id."""

    valid_from: Day
    code: Annotated[_Text, Field(pattern="^[0-9]{5}$"), _says("code {value!r} must be a text of 5 digits")]
    kind: Annotated[WardKind, _one_of(WardKind)]
    name: Annotated[_Text, Field(pattern=_NAME), _says("name {value!r} must be a text such as 'Phường Phúc Đồng'")]

    @property
    def key(self) -> UnitKey:
        return self.code, self.valid_from


class Following(_Value):
    """A succession in the file: the successor of a ward, and its first day."""

    ward: Annotated[tuple[_Text, Day], _key("ward")]
    successor: Annotated[tuple[_Text, Day], _key("successor")]
    on: Day
    kind: Annotated[SuccessionKind, _one_of(SuccessionKind)]
    is_default: Annotated[bool, Strict(), _says("is_default {value!r} must be true or false")] = False
    legal_basis: Annotated[_Text, _says("legal_basis must be a text")] = ""


class Member(_Dated):
    """A member of an area; without days, for as long as the ward lives."""

    ward: Annotated[tuple[_Text, Day], _key("ward")]


class Region(_Dated):
    """An area in the file."""

    name: Annotated[_Text, Field(pattern=_NAME), _says("name {value!r} must be a text such as 'Quận Long Biên'")]
    slug: Annotated[
        _Text, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$"), _says("slug {value!r} must be like 'khu-vuc-long-bien'")
    ]
    members: Annotated[tuple[Member, ...], _list("members must be a list")]


class RegistryFile(_Value):
    """A complete registry file."""

    format: Annotated[_Format, _says(f"format is {{value!r}}: this version reads {FORMAT!r}")]
    sources: Any = None
    wards: Annotated[tuple[Unit, ...], _list("wards: must be a list")] = ()
    successions: Annotated[tuple[Following, ...], _list("successions: must be a list")] = ()
    areas: Annotated[tuple[Region, ...], _list("areas: must be a list")] = ()

    @classmethod
    def read(cls, data: Any) -> Self:
        """Return the values of parsed JSON. Raises FileFaultsError."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise FileFaultsError(_list_faults(error.errors(include_url=False))) from None


class Section(_Value):
    """A category of the shipped list, with its other headings."""

    slug: str
    label: str
    aliases: tuple[str, ...]


def read_sections(data: Any) -> tuple[Section, ...]:
    """Return the values of the shipped list of categories."""
    return TypeAdapter(tuple[Section, ...]).validate_python(data)


def _list_faults(errors: Iterable[ErrorDetails]) -> list[str]:
    """Return a message for each fault, with its place.

    For an object with missing or unknown fields, only those are reported. Faults of the file itself are reported alone,
    without those of its items.
    """
    found: dict[_Path, _Faults] = defaultdict(_Faults)
    for error in errors:
        *above, last = error["loc"] or [""]
        match error["type"]:
            case "missing":
                found[*above,].of_shape.append(f"{last} is missing")
            case "extra_forbidden":
                found[*above,].of_shape.append(f"there is no field {last!r}")
            case "fault":
                found[*above,].of_values.append(error["msg"])
            case _:
                found[error["loc"]].of_shape.append("must be an object")
    if () in found:
        return [f"the file: {message}" for message in sorted(found[()].of_shape)] or found[()].of_values
    return [
        f"{_name_place(path)}: {message}"
        for path, faults in found.items()
        for message in sorted(faults.of_shape) or faults.of_values
    ]


@dataclass(frozen=True, slots=True)
class _Faults:
    of_shape: list[str] = field(default_factory=list)
    of_values: list[str] = field(default_factory=list)


def _name_place(path: _Path) -> str:
    """Return a path in the form "areas[0].members[1]"."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
