"""python-tuf's ngclient behind JSON lines.

One process is one TUF client with one folder of trusted metadata. Each line of standard input is a command, each line of
standard output its answer, in order; both are JSON objects of at most MAX_LINE_BYTES bytes. The Go client in ../go speaks
the same protocol.

    {"op":"refresh"}                 -> {"ok":true,"versions":{"root":1,"timestamp":3,"snapshot":3,"targets":1}}
    {"op":"lookup","path":P}         -> {"ok":true,"length":L,"sha256":H,"custom":C} or {"ok":true,"missing":true}
    {"op":"lookups","paths":[P,...]} -> {"ok":true,"targets":[{"length":L,"sha256":H,"custom":C} or null,...]}
    {"op":"download","path":P}       -> {"ok":true,"length":L,"sha256":H} of the bytes fetched, or {"ok":true,"missing":true}
    {"op":"clock","at":ISO or null}  -> {"ok":true}

"refresh" makes a new Updater on the folder of trusted metadata; the other operations use the last one that was refreshed
and refresh first if there is none. "clock" sets the time of every later Updater (null: the machine's clock) and drops the
present one. "custom" is null where a target has none. What the TUF client refuses is
{"ok":false,"error":CLASS,"message":TEXT}; a line that is no command ends the process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from tuf.api.metadata import TargetFile
from tuf.ngclient import Updater, UpdaterConfig

MAX_LINE_BYTES = 8 * 1024 * 1024
MAX_MESSAGE_CHARACTERS = 2_000


class Client:
    """A TUF client: a folder of trusted metadata and the Updater that was last refreshed on it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._metadata_url: str = options.metadata_url
        self._target_url: str = options.target_url
        self._metadata_dir = options.dir / "metadata"
        self._target_dir = options.dir / "targets"
        self._root: bytes = options.root.read_bytes()
        self._now: datetime | None = options.now
        self._updater: Updater | None = None
        self._metadata_dir.mkdir(parents=True, exist_ok=True)
        self._target_dir.mkdir(parents=True, exist_ok=True)

    def refresh(self) -> dict[str, Any]:
        # A refresh that failed leaves an Updater that can't be used again.
        self._updater = None
        updater = Updater(
            metadata_dir=str(self._metadata_dir),
            metadata_base_url=self._metadata_url,
            target_dir=str(self._target_dir),
            target_base_url=self._target_url,
            config=UpdaterConfig(prefix_targets_with_hash=True),
            bootstrap=self._root,
        )
        trusted = updater._trusted_set
        if self._now is not None:
            trusted.reference_time = self._now
        updater.refresh()
        self._updater = updater
        roles = ("root", "timestamp", "snapshot", "targets")
        return {"versions": {role: trusted[role].version for role in roles}}

    def lookup(self, path: str) -> dict[str, Any]:
        target = self._target(path)
        return {"missing": True} if target is None else description(target)

    def lookups(self, paths: list[str]) -> dict[str, Any]:
        found = (self._target(path) for path in paths)
        return {"targets": [None if target is None else description(target) for target in found]}

    def download(self, path: str) -> dict[str, Any]:
        target = self._target(path)
        if target is None:
            return {"missing": True}
        content = Path(self._refreshed().download_target(target)).read_bytes()
        return {"length": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    def clock(self, at: str | None) -> dict[str, Any]:
        self._now = None if at is None else instant(at)
        self._updater = None
        return {}

    def _target(self, path: str) -> TargetFile | None:
        return self._refreshed().get_targetinfo(path)

    def _refreshed(self) -> Updater:
        if self._updater is None:
            self.refresh()
        return self._updater


def description(target: TargetFile) -> dict[str, Any]:
    return {"length": target.length, "sha256": target.hashes["sha256"], "custom": target.custom}


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at


def message_of(error: BaseException) -> str:
    """The error's text followed by its causes', the nearest first."""
    parts = []
    cause: BaseException | None = error
    while cause is not None:
        parts.append(str(cause) or type(cause).__name__)
        cause = cause.__cause__
    return ": ".join(parts)[:MAX_MESSAGE_CHARACTERS]


def operation_of(client: Client, line: bytes) -> Callable[[], dict[str, Any]]:
    match json.loads(line):
        case {"op": "refresh"}:
            return client.refresh
        case {"op": "lookup", "path": str(path)}:
            return partial(client.lookup, path)
        case {"op": "lookups", "paths": list(paths)}:
            return partial(client.lookups, paths)
        case {"op": "download", "path": str(path)}:
            return partial(client.download, path)
        case {"op": "clock", "at": at}:
            return partial(client.clock, at)
        case other:
            raise ValueError(f"this is no command: {other}")


def answer(operation: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"ok": True, **operation()}
    except Exception as error:
        return {"ok": False, "error": type(error).__name__, "message": message_of(error)}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="python-tuf's ngclient behind JSON lines")
    parser.add_argument("--metadata-url", required=True)
    parser.add_argument("--target-url", required=True)
    parser.add_argument("--dir", required=True, type=Path, help="the client's own folder")
    parser.add_argument("--root", required=True, type=Path, help="file with the root that is trusted at first")
    parser.add_argument("--now", type=instant, help="the client's time, ISO 8601 with a time zone")
    return parser.parse_args()


def main() -> None:
    client = Client(options())
    while line := sys.stdin.buffer.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            sys.exit(f"a command is longer than {MAX_LINE_BYTES} bytes")
        sys.stdout.write(json.dumps(answer(operation_of(client, line)), separators=(",", ":")) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
