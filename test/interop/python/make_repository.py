"""Builds a small TUF repository in three states with python-tuf's Metadata API.

    OUT/root.json            the root that clients begin from (root 1)
    OUT/state-N/FILE         the metadata files that state N adds, N = 1, 2, 3; a mirror at state N serves those of
                             states 1 to N, the newest timestamp.json of them
    OUT/targets/DIR/SHA256.NAME
    OUT/repository.json      {"target": PATH, "states": [{PATH: {"length", "sha256", "custom"}}, ...]}

Roles: targets -> bins (by the path pattern */*) -> 2^BITS hash bins, by succinct roles (TAP 15) or by
path_hash_prefixes. Each state changes the custom data, never the content, of the target that repository.json names.
State 2 adds a target. State 3 brings root 2, with another timestamp key.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

HASH_BIN = "hash-bin"
KEYED_ROLES = ("root", "targets", "bins", HASH_BIN, "snapshot", "timestamp")
CUSTOM_OF_STATE = ({"requires-python": ">=3.9"}, {"yanked": "broken wheel"}, {"yanked": False, "note": 'a "quoted" \u00e9'})
STATES = len(CUSTOM_OF_STATE)


class RepositoryBuilder:
    """Signs and writes the states of one repository."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._out: Path = options.out
        self._scheme: str = options.scheme
        self._bits: int = options.bits
        self._missigned: str | None = options.missigned
        self._signers = {role: CryptoSigner.generate_ed25519() for role in KEYED_ROLES}
        self._now = datetime.now(timezone.utc).replace(microsecond=0)
        self._versions: dict[str, int] = {}
        self._contents: dict[str, dict[str, Any]] = {}
        self._state = 0

    def write_state(self, contents: dict[str, dict[str, TargetFile]]) -> None:
        """Writes the next state. contents: per hash bin its targets by path; bins that are not named stay as they are."""
        self._state += 1
        (self._out / f"state-{self._state}").mkdir(parents=True)
        if self._state == 1:
            self._write_offline_roles()
        elif self._state == STATES:
            self._signers["timestamp"] = CryptoSigner.generate_ed25519()
            self._write_root(2)
        for name, targets in contents.items():
            self._write_targets(name, HASH_BIN, Targets(self._next(name), expires=self._expires(1), targets=targets))
        self._write_snapshot_and_timestamp()

    def bin_of(self, path: str) -> str:
        """The name of the path's hash bin: the top BITS bits of SHA-256 of the path (TAP 15)."""
        digest = hashlib.sha256(path.encode()).digest()
        return self._bin_name(int.from_bytes(digest[:4], "big") >> (32 - self._bits))

    def bin_names(self) -> list[str]:
        return [self._bin_name(index) for index in range(2**self._bits)]

    def _bin_name(self, index: int) -> str:
        width = len(f"{2**self._bits - 1:x}")
        return f"bins-{index:0{width}x}"

    def _write_offline_roles(self) -> None:
        self._write_root(1)
        bins = DelegatedRole("bins", [self._keyid("bins")], 1, terminating=False, paths=["*/*"])
        self._write_targets(
            "targets", "targets", Targets(1, expires=self._expires(365), delegations=self._delegations("bins", roles={"bins": bins}))
        )
        if self._scheme == "succinct":
            hash_bins = {"succinct_roles": SuccinctRoles([self._keyid(HASH_BIN)], 1, self._bits, "bins")}
        else:
            hash_bins = {"roles": self._prefix_roles()}
        self._write_targets(
            "bins", "bins", Targets(1, expires=self._expires(365), delegations=self._delegations(HASH_BIN, **hash_bins))
        )

    def _prefix_roles(self) -> dict[str, DelegatedRole]:
        if self._bits % 4:
            raise ValueError("path_hash_prefixes are whole hex digits here: BITS must be a multiple of 4")
        keyids = [self._keyid(HASH_BIN)]
        return {
            name: DelegatedRole(name, keyids, 1, terminating=True, path_hash_prefixes=[name.removeprefix("bins-")])
            for name in self.bin_names()
        }

    def _delegations(self, key_role: str, **delegated: Any) -> Delegations:
        key = self._signers[key_role].public_key
        return Delegations({key.keyid: key}, **delegated)

    def _write_root(self, version: int) -> None:
        root = Root(version, expires=self._expires(365), consistent_snapshot=True)
        for role in ("root", "targets", "snapshot", "timestamp"):
            root.add_key(self._signers[role].public_key, role)
        content = self._write(f"{version}.root.json", "root", root)
        if version == 1:
            (self._out / "root.json").write_bytes(content)

    def _write_targets(self, name: str, key_role: str, targets: Targets) -> None:
        self._versions[name] = targets.version
        self._write(f"{targets.version}.{name}.json", key_role, targets)

    def _write_snapshot_and_timestamp(self) -> None:
        meta = {f"{name}.json": MetaFile(version) for name, version in self._versions.items()}
        snapshot = self._write(
            f"{self._state}.snapshot.json", "snapshot", Snapshot(self._state, expires=self._expires(1), meta=meta)
        )
        hashes = {"sha256": hashlib.sha256(snapshot).hexdigest()}
        timestamp = Timestamp(
            self._state, expires=self._expires(1), snapshot_meta=MetaFile(self._state, length=len(snapshot), hashes=hashes)
        )
        self._write("timestamp.json", "timestamp", timestamp)

    def _write(self, file: str, key_role: str, signed: Signed) -> bytes:
        metadata = Metadata(signed)
        missigned = key_role == self._missigned
        metadata.sign(CryptoSigner.generate_ed25519() if missigned else self._signers[key_role])
        content = metadata.to_bytes(JSONSerializer(compact=True))
        (self._out / f"state-{self._state}" / file).write_bytes(content)
        return content

    def _next(self, name: str) -> int:
        return self._versions.get(name, 0) + 1

    def _keyid(self, role: str) -> str:
        return self._signers[role].public_key.keyid

    def _expires(self, days: int) -> datetime:
        return self._now + timedelta(days=days)


def write_target(out: Path, path: str) -> TargetFile:
    """Writes a target's file and returns its entry. The content follows from the path."""
    content = f"The file {path}.\n".encode() * 20
    digest = hashlib.sha256(content).hexdigest()
    folder, _, name = path.rpartition("/")
    (out / "targets" / folder).mkdir(parents=True, exist_ok=True)
    (out / "targets" / folder / f"{digest}.{name}").write_bytes(content)
    return TargetFile(len(content), {"sha256": digest}, path)


def target_path(index: int) -> str:
    return f"project-{index}/project_{index}-1.0.tar.gz"


def with_custom(target: TargetFile, custom: Any) -> TargetFile:
    return TargetFile(target.length, target.hashes, target.path, {"custom": custom})


def described(targets: dict[str, TargetFile]) -> dict[str, Any]:
    return {
        path: {"length": target.length, "sha256": target.hashes["sha256"], "custom": target.custom}
        for path, target in targets.items()
    }


def build(options: argparse.Namespace) -> None:
    builder = RepositoryBuilder(options)
    targets = {path: write_target(options.out, path) for path in map(target_path, range(options.targets))}
    changed = target_path(0)
    states = []
    for custom in CUSTOM_OF_STATE:
        touched = {changed}
        targets[changed] = with_custom(targets[changed], custom)
        if len(states) == 1:
            added = target_path(options.targets)
            targets[added] = write_target(options.out, added)
            touched.add(added)
        names = builder.bin_names() if not states else sorted({builder.bin_of(path) for path in touched})
        contents: dict[str, dict[str, TargetFile]] = {name: {} for name in names}
        for path, target in targets.items():
            contents.get(builder.bin_of(path), {})[path] = target
        builder.write_state(contents)
        states.append(described(targets))
    description = {"target": changed, "states": states}
    (options.out / "repository.json").write_text(json.dumps(description))


def main() -> None:
    parser = argparse.ArgumentParser(description="builds a small TUF repository in three states")
    parser.add_argument("out", type=Path, help="folder to write to; must not hold a repository")
    parser.add_argument("--scheme", choices=("succinct", "prefixes"), default="succinct")
    parser.add_argument("--bits", type=int, default=4, help="2^BITS hash bins")
    parser.add_argument("--targets", type=int, default=8, help="targets in the first state")
    parser.add_argument("--missigned", choices=KEYED_ROLES, help="sign this role with a key that no one trusts")
    build(parser.parse_args())


if __name__ == "__main__":
    main()
