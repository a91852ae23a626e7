"""The sequence number of one key and stream, kept in a file.

A ledger takes each number of a key and stream once, and only if it is above all before it. So a number is written down,
with the bytes that it was used for, before they are sent; a number that was used is never used for other bytes. Whoever
starts again after a crash sends those very bytes again: if they were in the log, the second copy is noise.

    {"keyid":HEX,"ledger":HEX,"seq":N,"stream":NAME,"unconfirmed":ENVELOPE or null}
"""

import fcntl
import json
import os
from pathlib import Path


class SequenceError(Exception):
    """The file can't be used; the message says what to do."""


class SequenceFile:
    """Locked for this process as long as it lives."""

    def __init__(self, path: Path, ledger: str, keyid: str, stream: str, begin: bool):
        """With `begin`, makes a new file. Without, it must be there: to begin again at 1 would make noise of every record."""
        self.ledger = ledger
        self.stream = stream
        self._path = path
        self._identity = {"keyid": keyid, "ledger": ledger, "stream": stream}
        self._lock = open(path.with_name(path.name + ".lock"), "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SequenceError(f"{path} is in use: give each process a stream and a file of its own") from None
        if begin:
            if path.exists():
                raise SequenceError(f"{path} exists: leave out --begin to go on with it")
            self._keep(0, None)
        elif not path.exists():
            raise SequenceError(f"{path} is missing: give --begin for a stream that was never used, or a new stream")
        self._load()

    def take(self, seq: int, value: bytes) -> None:
        """Keeps `value` under its number. When this returns, a crash of the machine does not lose it."""
        self._keep(seq, value)

    def confirm(self) -> None:
        """Forgets the bytes that were kept: the log has them."""
        self._keep(self.seq, None)

    def _load(self) -> None:
        kept = json.loads(self._path.read_bytes())
        if {name: kept[name] for name in self._identity} != self._identity:
            raise SequenceError(f"{self._path} counts for another ledger, key or stream")
        self.seq: int = kept["seq"]
        unconfirmed: str | None = kept["unconfirmed"]
        self.unconfirmed = None if unconfirmed is None else unconfirmed.encode()

    def _keep(self, seq: int, value: bytes | None) -> None:
        draft = self._path.with_name(self._path.name + ".new")
        with open(draft, "w") as file:
            unconfirmed = None if value is None else value.decode()
            json.dump({**self._identity, "seq": seq, "unconfirmed": unconfirmed}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        self.seq, self.unconfirmed = seq, value
