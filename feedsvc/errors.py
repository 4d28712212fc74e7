"""Define the exception tree.

Each error carries data; its message says what was given, which rule it breaks and what to do.

FeedsvcError
├── ConfigError      a setting that cannot be honoured
├── InstanceError    an instance that is in use, damaged or missing
├── SchemaError      a database of another version
├── ReadOnlyError    an attempt to write on an instance that only reads
├── NotFoundError    a name or id that no ward, article, … has
├── RegistryError    a registry file with faults; lists all of them
├── FetchError       a document of another service that could not be fetched
└── problems.RejectedError   a draft that cannot become an article, with every problem of every field
"""


class FeedsvcError(Exception):
    """The base class of every error that feedsvc raises on purpose."""


class ConfigError(FeedsvcError):
    """A setting is wrong: `setting` is its name, `given` its value, `rule` the requirement."""

    def __init__(self, setting: str, given: object, rule: str) -> None:
        super().__init__(f"setting {setting} is {given!r}: {rule}")
        self.setting, self.given, self.rule = setting, given, rule


class InstanceError(FeedsvcError):
    """The instance in `folder` cannot be used; `state` says why and what to do."""

    def __init__(self, folder: object, state: str) -> None:
        super().__init__(f"the instance {folder} {state}")
        self.folder, self.state = folder, state


class SchemaError(FeedsvcError):
    """The database does not fit this version of feedsvc."""


class ReadOnlyError(FeedsvcError):
    """The instance serves a copy of the database, or a database that another instance writes: it must not write."""

    def __init__(self) -> None:
        super().__init__("this instance only reads (setting read_only): do this on the instance that writes")


class NotFoundError(FeedsvcError):
    """No object of that kind has this name."""

    def __init__(self, kind: str, given: object, hint: str = "") -> None:
        super().__init__(f"no {kind} {given!r}" + (f": {hint}" if hint else ""))
        self.kind, self.given = kind, given


class RegistryError(FeedsvcError):
    """A registry file has faults; `faults` lists every one with its place. No part of the file was applied."""

    def __init__(self, origin: str, faults: list[str]) -> None:
        super().__init__(f"{origin}: nothing was loaded, {len(faults)} fault(s):\n  " + "\n  ".join(faults))
        self.origin, self.faults = origin, tuple(faults)


class FetchError(FeedsvcError):
    """A document of another service could not be fetched: `url` names it, `reason` says why."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url} {reason}")
        self.url, self.reason = url, reason
