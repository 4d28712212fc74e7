"""Check a registry file against itself and against the loaded registry, before any of it is applied. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

from ..models import UnitKey, Ward
from .file import RegistryFile, Unit

_Units = Mapping[UnitKey, Unit | Ward]


def check(
    file: RegistryFile, known: Iterable[Ward], known_successions: Iterable[tuple[UnitKey, UnitKey]] = ()
) -> list[str]:
    """Return every fault, each with its place; `known` wards and successions (ward, successor) are already loaded."""
    units: dict[UnitKey, Unit | Ward] = {ward.key: ward for ward in known}
    units |= {unit.key: unit for unit in file.wards}
    successions = [(item.ward, item.successor) for item in file.successions]
    return [
        *_check_doubles(file),
        *_check_overlaps(units),
        *_check_successions(file, units),
        *_check_areas(file, units),
        *_check_defaults(file),
        *_check_cycles([*known_successions, *successions]),
    ]


def _name(key: UnitKey) -> str:
    return f"ward {key[0]} of {key[1]}"


def _check_doubles(file: RegistryFile) -> Iterable[str]:
    named: dict[UnitKey, int] = {}
    for index, unit in enumerate(file.wards):
        if unit.key in named:
            yield f"wards[{index}]: {_name(unit.key)} stands already in wards[{named[unit.key]}]"
        named[unit.key] = index


def _check_overlaps(units: _Units) -> Iterable[str]:
    """Return the units that overlap another one with the same code; a code names one unit at a time."""
    by_code: dict[str, list[UnitKey]] = defaultdict(list)
    for key in sorted(units):
        by_code[key[0]].append(key)
    for keys in by_code.values():
        for first, second in pairwise(keys):
            if not units[first].has_ended(second[1]):
                yield (
                    f"{_name(first)} (to {units[first].valid_to or 'today'}) overlaps {_name(second)}: "
                    "close it with valid_to before the other begins"
                )


def _check_successions(file: RegistryFile, units: _Units) -> Iterable[str]:
    for index, item in enumerate(file.successions):
        for key in (item.ward, item.successor):
            if key not in units:
                yield f"successions[{index}]: {_name(key)} is neither in the file nor loaded"
        if item.ward in units and not units[item.ward].has_ended(item.on):
            yield f"successions[{index}]: {_name(item.ward)} has to be closed before {item.on}"
        if item.successor in units and item.successor != item.ward and not units[item.successor].lives_on(item.on):
            yield f"successions[{index}]: {_name(item.successor)} does not exist on {item.on}"


def _check_areas(file: RegistryFile, units: _Units) -> Iterable[str]:
    for index, area in enumerate(file.areas):
        for inner, member in enumerate(area.members):
            if member.ward not in units:
                yield f"areas[{index}].members[{inner}]: {_name(member.ward)} is neither in the file nor loaded"
    slugs = Counter(area.slug for area in file.areas)
    yield from (f"areas: slug {slug!r} stands twice" for slug in sorted(slugs) if slugs[slug] > 1)


def _check_defaults(file: RegistryFile) -> Iterable[str]:
    """Return the wards with more than one default successor."""
    defaults = Counter(item.ward for item in file.successions if item.is_default)
    for key in sorted(defaults):
        if defaults[key] > 1:
            yield f"successions: {_name(key)} has {defaults[key]} default successors, at most one is allowed"


def _check_cycles(successions: Iterable[tuple[UnitKey, UnitKey]]) -> Iterable[str]:
    """Return the wards that succeed themselves, directly or through others."""
    after: dict[UnitKey, set[UnitKey]] = defaultdict(set)
    for ward, successor in successions:
        after[ward].add(successor)
    for start in sorted(after):
        seen: set[UnitKey] = set()
        todo = list(after[start])
        while todo:
            key = todo.pop()
            if key not in seen:
                seen.add(key)
                todo += after.get(key, ())
        if start in seen:
            yield f"successions: {_name(start)} succeeds itself"
