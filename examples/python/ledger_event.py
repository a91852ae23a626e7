"""Events for a ledger's record, checked before they are signed.

A record must be canonical JSON: what is not makes the whole value noise, which nobody is told of. Texts that the ledger
would not take make a rejection of their event. Both are refused here, where whoever sent them can still be asked.
"""

import json
import unicodedata
from typing import Any

MAX_INTEGER = 2**53 - 1
# Arrays and objects inside one another: 32 in a record, two of which are its own.
MAX_LEVELS = 30


class RefusedEvent(ValueError):
    """What can't be published, and why."""


def parse_event(line: bytes) -> dict[str, Any]:
    """The event that a line of JSON is. Raises RefusedEvent."""
    try:
        event = json.loads(
            line.decode(), object_pairs_hook=_fields, parse_float=_no_integer, parse_constant=_no_integer
        )
    except RefusedEvent:
        raise
    except UnicodeDecodeError:
        raise RefusedEvent("the text is not UTF-8") from None
    except RecursionError:
        raise RefusedEvent(f"more than {MAX_LEVELS} levels of arrays and objects") from None
    except ValueError as error:
        raise RefusedEvent(f"not JSON: {error}") from None
    check_event(event)
    return event


def check_event(event: Any) -> None:
    """Raises RefusedEvent where a record can't hold `event`, made of dict, list, str, int, bool and None."""
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise RefusedEvent('an event is an object with a string "type"')
    _check(event, 1)


def _check(value: Any, level: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, (dict, list)):
        if level > MAX_LEVELS:
            raise RefusedEvent(f"more than {MAX_LEVELS} levels of arrays and objects")
        for name in value if isinstance(value, dict) else ():
            _check_text(name)
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, level + 1)
    elif value is not None and (not isinstance(value, int) or abs(value) > MAX_INTEGER):
        _no_integer(str(value))


def _check_text(text: str) -> None:
    for character in text:
        # Half of a surrogate pair has no UTF-8. U+FFFD is what decoders leave of it, and of other broken text.
        if character == "\ufffd" or unicodedata.category(character) == "Cs":
            raise RefusedEvent("broken text: half of a surrogate pair, or U+FFFD")
        if unicodedata.category(character) == "Cc":
            raise RefusedEvent(f"the control character U+{ord(character):04X}")
    if not unicodedata.is_normalized("NFC", text):
        raise RefusedEvent(f"text that is not in normal form C: {text}")


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise RefusedEvent("a field that stands twice in its object")
    return fields


def _no_integer(number: str) -> None:
    raise RefusedEvent(f"{number} is no integer from -(2^53-1) to 2^53-1")
