"""Write down beside a data set where it came from, so that others can make the same and prove that they did."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reward_kit.data.atomic import atomic_writer

__all__ = ["Provenance", "provenance_path"]


def provenance_path(data: Path) -> Path:
    """Return where the provenance of a data set is kept: ``dataset.source.toml`` beside ``dataset.jsonl``."""
    return data.with_suffix(".source.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a data set came from."""

    origin: str
    revision: str
    """What pins the origin: a commit, or ``sha256:`` of a file."""
    split: str
    licence: str
    rows: int
    sha256: str
    """Of the data set itself."""
    rejected: Mapping[str, int] = field(default_factory=dict)
    """How many rows of the origin were left out for each reason."""

    def write(self, path: Path) -> None:
        """Write it as TOML."""
        lines = [
            f"{name} = {json.dumps(getattr(self, name), ensure_ascii=False)}\n"  # a JSON string is a TOML string
            for name in self.__slots__
            if name != "rejected"
        ]
        if self.rejected:
            lines.append("\n[rejected]\n")
        lines += [f"{json.dumps(reason, ensure_ascii=False)} = {count}\n" for reason, count in self.rejected.items()]
        with atomic_writer(path) as file:
            file.write("".join(lines).encode())
