"""Appends events to a tuf-ledger by its Kafka topic, with no service of the ledger in between.

    python publish.py --brokers HOST:PORT --topic TOPIC --ledger NAME --key KEY.pem --stream NAME --sequence FILE [--begin]

Reads one event a line (JSON) from the standard input, checks all of them, and only then sends. Prints a line of JSON for
each record that is in the topic: its offset and its sequence number. Killed anywhere, it can be run again over the
same input: uploads, yanks and removals that the ledger has already change nothing.

Exit codes: 0 all is in the topic; 1 not confirmed, or not begun; 2 an event was refused, and nothing was sent.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# The Python binding of librdkafka, kept up by Confluent; its wheels hold all it needs.
from confluent_kafka import KafkaException, Producer
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.formats import encode_canonical
from securesystemslib.signer import CryptoSigner

from ledger_event import MAX_INTEGER, RefusedEvent, check_event, parse_event
from sequence_file import SequenceError, SequenceFile

PAYLOAD_TYPE = "application/vnd.tuf-ledger.record+json"
# The rules that events are written in.
RULES = 1
MAX_RECORD_BYTES = 65_535
MAX_RECORD_EVENTS = 1_000

# How long the client tries to deliver one record, in milliseconds; and how often that is begun anew, by a new client.
DELIVERY_MS = 30_000
TRIES = 10
PAUSE_SECONDS = 1
SETTINGS = {
    "acks": "all",
    "enable.idempotence": True,
    "delivery.timeout.ms": DELIVERY_MS,
    "linger.ms": 0,
    "client.id": "publish.py",
}

Event = dict[str, Any]


def canonical(value: Any) -> bytes:
    return encode_canonical(value).encode()


class Unconfirmed(Exception):
    """A record may be in the log or not. It is kept, and is the first to be sent next time."""


class Publisher:
    """Appends records of one key and stream, one after the other. `kafka` are the client's settings: brokers, TLS, login."""

    def __init__(self, kafka: dict[str, Any], topic: str, signer: CryptoSigner, sequence: SequenceFile):
        self._kafka = {**SETTINGS, **kafka}
        self._topic = topic
        self._signer = signer
        self._sequence = sequence
        self._producer: Producer | None = None

    @property
    def seq(self) -> int:
        """The sequence number of the last record."""
        return self._sequence.seq

    def records_of(self, events: Iterable[Event], most_events: int = MAX_RECORD_EVENTS) -> Iterator[list[Event]]:
        """Parts of the events, in their order, that fit a record each. Raises RefusedEvent for one that fits none."""
        frame = len(self._payload([], MAX_INTEGER))
        envelope = len(self._seal(b""))
        # Base64 makes four digits of three bytes.
        room = (MAX_RECORD_BYTES - envelope) // 4 * 3 - frame
        record: list[Event] = []
        size = 0
        for event in events:
            check_event(event)
            length = len(canonical(event)) + len(b",")
            if length > room:
                raise RefusedEvent(f"an event of {length} bytes fits no record: {room} are left for it")
            if size + length > room or len(record) == most_events:
                yield record
                record, size = [], 0
            record.append(event)
            size += length
        if record:
            yield record

    def settle(self) -> int | None:
        """Sends again what was sent before and not confirmed, byte for byte. Gives its offset; None if all was confirmed."""
        value = self._sequence.unconfirmed
        return None if value is None else self._deliver(value)

    def append(self, events: list[Event]) -> int:
        """Appends one record and gives its offset in the topic. Raises Unconfirmed: then call settle, or start again."""
        self.settle()
        seq = self._sequence.seq + 1
        value = self._seal(self._payload(events, seq))
        self._sequence.take(seq, value)
        return self._deliver(value)

    def _payload(self, events: list[Event], seq: int) -> bytes:
        ledger, stream = self._sequence.ledger, self._sequence.stream
        return canonical({"events": events, "ledger": ledger, "seq": seq, "stream": stream, "v": RULES})

    def _seal(self, payload: bytes) -> bytes:
        envelope = Envelope(payload, PAYLOAD_TYPE, {})
        envelope.sign(self._signer)
        return canonical(envelope.to_dict())

    def _deliver(self, value: bytes) -> int:
        """The same bytes until the brokers have confirmed them. A copy too many does no harm: it is noise."""
        for _ in range(TRIES):
            error, offset = self._send_once(value)
            if error is None:
                self._sequence.confirm()
                return offset
            # What a client with an error still holds is unknown: the next try is another client's.
            self._producer = None
            time.sleep(PAUSE_SECONDS)
        raise Unconfirmed(f"record {self.seq} of stream {self._sequence.stream} is not confirmed: {error}")

    def _send_once(self, value: bytes) -> tuple[Any, int]:
        reports: list[tuple[Any, int]] = []
        try:
            self._producer = self._producer or Producer(self._kafka)
            self._producer.produce(
                self._topic, value, partition=0, on_delivery=lambda error, sent: reports.append((error, sent.offset()))
            )
            # Waits in short turns, so that a signal ends it.
            while not reports:
                self._producer.poll(1)
            return reports[0]
        except KafkaException as error:
            return error, -1


def read_events(lines: Iterable[bytes]) -> list[Event]:
    events = []
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                events.append(parse_event(line))
        except RefusedEvent as refused:
            raise RefusedEvent(f"line {number}: {refused}") from None
    return events


def print_record(publisher: Publisher, offset: int) -> None:
    print(json.dumps({"offset": offset, "seq": publisher.seq}), flush=True)


def main() -> int:
    try:
        publish(options_of_command_line())
    except RefusedEvent as refused:
        print(f"{refused}; nothing was sent", file=sys.stderr)
        return 2
    except SequenceError as error:
        print(error, file=sys.stderr)
        return 1
    except Unconfirmed as unconfirmed:
        print(f"{unconfirmed}; run this again over the same input", file=sys.stderr)
        return 1
    return 0


def publish(options: argparse.Namespace) -> None:
    signer = CryptoSigner(load_pem_private_key(options.key.read_bytes(), None))
    keyid = signer.public_key.keyid
    sequence = SequenceFile(options.sequence, options.ledger, keyid, options.stream, options.begin)
    publisher = Publisher({"bootstrap.servers": options.brokers}, options.topic, signer, sequence)
    # All of it, before anything is sent.
    records = list(publisher.records_of(read_events(sys.stdin.buffer), options.events_per_record))
    settled = publisher.settle()
    if settled is not None:
        print_record(publisher, settled)
    for record in records:
        print_record(publisher, publisher.append(record))


def options_of_command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Append events to a tuf-ledger by its Kafka topic.")
    parser.add_argument("--brokers", required=True, help="some brokers of the cluster, HOST:PORT,...")
    parser.add_argument("--topic", required=True, help="the ledger's topic")
    parser.add_argument("--ledger", required=True, help="the ledger's name, 64 hex digits")
    parser.add_argument("--key", required=True, type=Path, help="an enrolled Ed25519 key, PEM (PKCS#8)")
    parser.add_argument("--stream", required=True, help="a stream of this process alone, [a-z0-9._-]{1,32}")
    parser.add_argument("--sequence", required=True, type=Path, help="the file that keeps the stream's sequence number")
    parser.add_argument("--begin", action="store_true", help="begin a stream that was never used")
    parser.add_argument("--events-per-record", type=int, default=MAX_RECORD_EVENTS, help="at most; 1 to 1,000")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
