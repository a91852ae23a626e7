package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Events for a ledger's record, checked before they are signed.
//
// A record must be canonical JSON: what is not makes the whole value noise, which nobody is told of. Texts that the
// ledger would not take make a rejection of their event. Both are refused here, where whoever sent them can still be asked.

const (
	maxInteger = 1<<53 - 1
	// Arrays and objects inside one another: 32 in a record, two of which are its own.
	maxLevels = 30
)

// event is made of map[string]any, []any, string, int64, bool and nil.
type event map[string]any

// parseEvent gives the event that a line of JSON is. Its error says what can't be published, and why.
func parseEvent(line []byte) (event, error) {
	// The parser would put U+FFFD in its place.
	if !utf8.Valid(line) {
		return nil, errors.New("the text is not UTF-8")
	}
	parser := eventParser{json.NewDecoder(bytes.NewReader(line))}
	parser.UseNumber()
	value, err := parser.value(1)
	if err != nil {
		return nil, err
	}
	if _, err := parser.Token(); err != io.EOF {
		return nil, errors.New("not JSON: something follows the event")
	}
	fields, ok := value.(map[string]any)
	if _, typed := fields["type"].(string); !ok || !typed {
		return nil, errors.New(`an event is an object with a string "type"`)
	}
	return fields, nil
}

type eventParser struct{ *json.Decoder }

func (parser eventParser) value(level int) (any, error) {
	token, err := parser.Token()
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	switch token := token.(type) {
	case json.Delim:
		if level > maxLevels {
			return nil, fmt.Errorf("more than %d levels of arrays and objects", maxLevels)
		}
		if token == '{' {
			return parser.object(level)
		}
		return parser.array(level)
	case json.Number:
		number, err := strconv.ParseInt(token.String(), 10, 64)
		if err != nil || number > maxInteger || number < -maxInteger {
			return nil, fmt.Errorf("%s is no integer from -(2^53-1) to 2^53-1", token)
		}
		return number, nil
	case string:
		return token, checkText(token)
	default:
		return token, nil
	}
}

func (parser eventParser) object(level int) (any, error) {
	fields := map[string]any{}
	for parser.More() {
		token, err := parser.Token()
		if err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
		name := token.(string)
		if err := checkText(name); err != nil {
			return nil, err
		}
		if _, known := fields[name]; known {
			return nil, errors.New("a field that stands twice in its object")
		}
		if fields[name], err = parser.value(level + 1); err != nil {
			return nil, err
		}
	}
	return fields, parser.end()
}

func (parser eventParser) array(level int) (any, error) {
	items := []any{}
	for parser.More() {
		item, err := parser.value(level + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, parser.end()
}

func (parser eventParser) end() error {
	if _, err := parser.Token(); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return nil
}

func checkText(text string) error {
	for _, character := range text {
		// What decoders leave of half a surrogate pair, and of other broken text.
		if character == utf8.RuneError {
			return errors.New("broken text: half of a surrogate pair, or U+FFFD")
		}
		if unicode.Is(unicode.Cc, character) {
			return fmt.Errorf("the control character U+%04X", character)
		}
	}
	if !norm.NFC.IsNormalString(text) {
		return fmt.Errorf("text that is not in normal form C: %s", text)
	}
	return nil
}
