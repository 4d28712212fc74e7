"""Check registry data before any of it is applied. Pure: data in, a list of faults out."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Any, get_args

from ..models import SuccessionKind, WardKind

FORMAT = "feedsvc-registry-1"
Key = tuple[str, str]
_FIELDS = {
    "registry": ({"format"}, {"sources", "wards", "successions", "areas"}),
    "ward": ({"code", "valid_from", "kind", "name"}, {"valid_to"}),
    "succession": ({"ward", "successor", "on", "kind"}, {"is_default", "legal_basis"}),
    "area": ({"slug", "name", "members"}, {"valid_from", "valid_to"}),
    "member": ({"ward"}, {"valid_from", "valid_to"}),
}


def check_registry(
    data: Any, known: Iterable[Mapping[str, Any]], known_successions: Iterable[tuple[Key, Key]] = ()
) -> list[str]:
    """Return every fault of the data, each with its place, beside the wards and successions that are loaded already."""
    faults = _check_fields("registry", data, "the file")
    if faults:
        return faults
    if data["format"] != FORMAT:
        return [f"format is {data['format']!r}: this version reads {FORMAT!r}"]
    for name, kind in (("wards", "ward"), ("successions", "succession"), ("areas", "area")):
        items = data.get(name, [])
        if not isinstance(items, list):
            return [f"{name}: must be a list"]
        for index, item in enumerate(items):
            faults += _check_fields(kind, item, f"{name}[{index}]") or _CHECKS[kind](item, f"{name}[{index}]")
    if faults:
        return faults  # what follows reads the fields as they should be
    units: dict[Key, Mapping[str, Any]] = {(ward["code"], ward["valid_from"]): ward for ward in known}
    named: dict[Key, int] = {}
    for index, ward in enumerate(data.get("wards", [])):
        key = (ward["code"], ward["valid_from"])
        if key in named:
            faults.append(f"wards[{index}]: {_name(key)} stands already in wards[{named[key]}]")
        named[key] = index
        units[key] = ward
    faults += _check_overlaps(units)
    faults += _check_references(data, units)
    successions = [(tuple(item["ward"]), tuple(item["successor"])) for item in data.get("successions", [])]
    return faults + _check_defaults(data) + _check_cycles([*known_successions, *successions])


def _check_fields(kind: str, item: Any, place: str) -> list[str]:
    required, optional = _FIELDS[kind]
    if not isinstance(item, dict):
        return [f"{place}: must be an object"]
    missing, unknown = required - item.keys(), item.keys() - required - optional
    return [f"{place}: {name} is missing" for name in sorted(missing)] + [
        f"{place}: there is no field {name!r}" for name in sorted(unknown)
    ]


def _check_ward(ward: Mapping[str, Any], place: str) -> list[str]:
    faults = _check_days(ward, place, ("valid_to",), required=("valid_from",))
    if not (isinstance(ward["code"], str) and re.fullmatch("[0-9]{5}", ward["code"])):
        faults.append(f"{place}: code {ward['code']!r} must be a text of 5 digits")
    if ward["kind"] not in get_args(WardKind):
        faults.append(f"{place}: kind {ward['kind']!r} must be one of {', '.join(get_args(WardKind))}")
    if not isinstance(ward["name"], str) or not ward["name"].strip():
        faults.append(f"{place}: name {ward['name']!r} must be a text such as 'Phường Phúc Đồng'")
    return faults


def _check_succession(item: Mapping[str, Any], place: str) -> list[str]:
    faults = _check_days(item, place, (), required=("on",)) + [
        f"{place}: {name} {item[name]!r} must be [code, valid_from]"
        for name in ("ward", "successor")
        if not _is_key(item[name])
    ]
    if item["kind"] not in get_args(SuccessionKind):
        faults.append(f"{place}: kind {item['kind']!r} must be one of {', '.join(get_args(SuccessionKind))}")
    if not isinstance(item.get("is_default", False), bool):
        faults.append(f"{place}: is_default {item['is_default']!r} must be true or false")
    if not isinstance(item.get("legal_basis", ""), str):
        faults.append(f"{place}: legal_basis must be a text")
    return faults


def _check_area(area: Mapping[str, Any], place: str) -> list[str]:
    faults = _check_days(area, place, ("valid_from", "valid_to"))
    if not isinstance(area["name"], str) or not area["name"].strip():
        faults.append(f"{place}: name {area['name']!r} must be a text such as 'Khu vực Long Biên cũ'")
    if not isinstance(area["slug"], str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", area["slug"]):
        faults.append(f"{place}: slug {area['slug']!r} must be like 'khu-vuc-long-bien'")
    if not isinstance(area["members"], list):
        return [*faults, f"{place}: members must be a list"]
    for index, member in enumerate(area["members"]):
        inner = f"{place}.members[{index}]"
        wrong = _check_fields("member", member, inner)
        faults += wrong or _check_days(member, inner, ("valid_from", "valid_to"))
        if not wrong and not _is_key(member["ward"]):
            faults.append(f"{inner}: ward {member['ward']!r} must be [code, valid_from]")
    return faults


_CHECKS = {"ward": _check_ward, "succession": _check_succession, "area": _check_area}


def _check_days(
    item: Mapping[str, Any], place: str, names: Iterable[str], *, required: Collection[str] = ()
) -> list[str]:
    faults = []
    for name in (*required, *names):
        value = item.get(name)
        if (value is not None or name in required) and not _is_day(value):
            faults.append(f"{place}: {name} {value!r} must be a day as YYYY-MM-DD")
    first, last = item.get("valid_from"), item.get("valid_to")
    if not faults and first and last and last < first:
        faults.append(f"{place}: valid_to {last} is before valid_from {first}")
    return faults


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_key(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value)


def _name(key: Key) -> str:
    return f"ward {key[0]} of {key[1]}"


def _exists_on(unit: Mapping[str, Any], day: str) -> bool:
    return bool(unit["valid_from"] <= day <= (unit.get("valid_to") or "9999-12-31"))


def _check_overlaps(units: Mapping[Key, Mapping[str, Any]]) -> list[str]:
    """One code names one unit at a time."""
    by_code: dict[str, list[Key]] = defaultdict(list)
    for key in sorted(units):
        by_code[key[0]].append(key)
    return [
        f"{_name(first)} (to {units[first].get('valid_to') or 'today'}) overlaps {_name(second)}: "
        "close it with valid_to before the other begins"
        for keys in by_code.values()
        for first, second in pairwise(keys)
        if (units[first].get("valid_to") or "9999-12-31") >= second[1]
    ]


def _check_references(data: Mapping[str, Any], units: Mapping[Key, Mapping[str, Any]]) -> list[str]:
    faults = []
    for index, item in enumerate(data.get("successions", [])):
        ward, successor = tuple(item["ward"]), tuple(item["successor"])
        faults += [
            f"successions[{index}]: {_name(key)} is neither in the file nor loaded"
            for key in (ward, successor)
            if key not in units
        ]
        if ward in units and not (units[ward].get("valid_to") or "9999") < item["on"]:
            faults.append(f"successions[{index}]: {_name(ward)} has to be closed before {item['on']}")
        if successor in units and successor != ward and not _exists_on(units[successor], item["on"]):
            faults.append(f"successions[{index}]: {_name(successor)} does not exist on {item['on']}")
    for index, area in enumerate(data.get("areas", [])):
        faults += [
            f"areas[{index}].members[{inner}]: {_name(tuple(member['ward']))} is neither in the file nor loaded"
            for inner, member in enumerate(area["members"])
            if tuple(member["ward"]) not in units
        ]
    slugs = [area["slug"] for area in data.get("areas", [])]
    return faults + [f"areas: slug {slug!r} stands twice" for slug in sorted({s for s in slugs if slugs.count(s) > 1})]


def _check_defaults(data: Mapping[str, Any]) -> list[str]:
    """A ward has one default successor at most."""
    defaults = [tuple(item["ward"]) for item in data.get("successions", []) if item.get("is_default")]
    return [
        f"successions: {_name(key)} has {defaults.count(key)} default successors, at most one is allowed"
        for key in sorted(set(defaults))
        if defaults.count(key) > 1
    ]


def _check_cycles(successions: Iterable[tuple[Key, Key]]) -> list[str]:
    """Nobody succeeds itself, directly or through others."""
    after: dict[Key, set[Key]] = defaultdict(set)
    for ward, successor in successions:
        after[ward].add(successor)
    faults = []
    for start in sorted(after):
        seen: set[Key] = set()
        todo = list(after[start])
        while todo:
            key = todo.pop()
            if key not in seen:
                seen.add(key)
                todo += after.get(key, ())
        if start in seen:
            faults.append(f"successions: {_name(start)} succeeds itself")
    return faults
