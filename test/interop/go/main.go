// Command interop is go-tuf's updater behind JSON lines.
//
// The command line and the protocol are those of ../python/client.py; its opening text is their reference.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"time"
)

const maxLineBytes = 8 * 1024 * 1024

type command struct {
	Op    string   `json:"op"`
	Path  string   `json:"path"`
	Paths []string `json:"paths"`
	At    *string  `json:"at"`
}

type refusal struct {
	OK      bool   `json:"ok"`
	Error   string `json:"error"`
	Message string `json:"message"`
}

func main() {
	log.SetFlags(0)
	client, err := newClient(readOptions())
	if err != nil {
		log.Fatal(err)
	}
	if err := serve(client, os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func readOptions() options {
	var read options
	var now string
	flag.StringVar(&read.metadataURL, "metadata-url", "", "base URL of the metadata")
	flag.StringVar(&read.targetURL, "target-url", "", "base URL of the target files")
	flag.StringVar(&read.dir, "dir", "", "the client's own folder")
	flag.StringVar(&read.root, "root", "", "file with the root that is trusted at first")
	flag.StringVar(&now, "now", "", "the client's time, ISO 8601 with a time zone")
	flag.Parse()
	for name, value := range map[string]string{
		"metadata-url": read.metadataURL, "target-url": read.targetURL, "dir": read.dir, "root": read.root,
	} {
		if value == "" {
			log.Fatalf("--%s is required", name)
		}
	}
	if now != "" {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			log.Fatalf("--now: %v", err)
		}
		read.now = &at
	}
	return read
}

// serve answers commands until the input ends. A line that is no command is an error.
func serve(client *client, input io.Reader, output io.Writer) error {
	lines := bufio.NewScanner(input)
	lines.Buffer(make([]byte, 0, 64*1024), maxLineBytes)
	for lines.Scan() {
		answer, err := answerTo(client, lines.Bytes())
		if err != nil {
			return err
		}
		line, err := encode(answer)
		if err != nil {
			return err
		}
		if _, err := output.Write(line); err != nil {
			return err
		}
	}
	return lines.Err()
}

func answerTo(client *client, line []byte) (any, error) {
	var asked command
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, fmt.Errorf("a line is no command: %w", err)
	}
	var answer any
	var err error
	switch asked.Op {
	case "refresh":
		answer, err = client.refresh()
	case "lookup":
		answer, err = client.lookup(asked.Path)
	case "lookups":
		answer, err = client.lookups(asked.Paths)
	case "download":
		answer, err = client.download(asked.Path)
	case "clock":
		answer, err = client.clock(asked.At)
	default:
		return nil, fmt.Errorf("there is no operation %q", asked.Op)
	}
	if err != nil {
		return refusal{Error: fmt.Sprintf("%T", err), Message: err.Error()}, nil
	}
	return answer, nil
}

// encode gives one line of JSON. Custom data must arrive as it was signed, so nothing is escaped for HTML.
func encode(answer any) ([]byte, error) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(answer)
	return line.Bytes(), err
}
