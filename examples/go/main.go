// Command publish appends events to a tuf-ledger by its Kafka topic, with no service of the ledger in between.
//
//	publish --brokers HOST:PORT --topic TOPIC --ledger NAME --key KEY.pem --stream NAME --sequence FILE [--begin]
//
// It reads one event a line (JSON) from the standard input, checks all of them, and only then sends. It prints a line of JSON for
// each record that is in the topic: its offset and its sequence number. Killed anywhere, it can be run again over the
// same input: uploads, yanks and removals that the ledger has already change nothing.
//
// Exit codes: 0 all is in the topic; 1 not confirmed, or not begun; 2 an event was refused, and nothing was sent.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Exit codes.
const (
	notConfirmed = 1
	refused      = 2
)

type options struct {
	brokers, topic, ledger, key, stream, sequence string
	begin                                         bool
	eventsPerRecord                               int
}

func main() {
	publisher, options, err := open()
	exitOn(err, notConfirmed, "")
	defer publisher.close()
	// All of it, before anything is sent.
	events, err := readEvents(os.Stdin)
	exitOn(err, refused, "; nothing was sent")
	records, err := publisher.recordsOf(events, options.eventsPerRecord)
	exitOn(err, refused, "; nothing was sent")
	exitOn(publish(publisher, records), notConfirmed, "; run this again over the same input")
}

func publish(publisher *publisher, records [][]event) error {
	ctx := context.Background()
	offset, sent, err := publisher.settle(ctx)
	if err != nil {
		return err
	}
	if sent {
		printRecord(publisher, offset)
	}
	for _, events := range records {
		offset, err := publisher.append(ctx, events)
		if err != nil {
			return err
		}
		printRecord(publisher, offset)
	}
	return nil
}

func printRecord(publisher *publisher, offset int64) {
	fmt.Printf("{\"offset\": %d, \"seq\": %d}\n", offset, publisher.sequence.kept.Seq)
}

func exitOn(err error, code int, advice string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v%s\n", err, advice)
		os.Exit(code)
	}
}

func open() (*publisher, options, error) {
	options := optionsOfCommandLine()
	private, err := loadKey(options.key)
	if err != nil {
		return nil, options, err
	}
	key, err := newEd25519Key(private)
	if err != nil {
		return nil, options, err
	}
	of := identity{Keyid: key.keyid, Ledger: options.ledger, Stream: options.stream}
	sequence, err := openSequence(options.sequence, of, options.begin)
	if err != nil {
		return nil, options, err
	}
	brokers := kgo.SeedBrokers(strings.Split(options.brokers, ",")...)
	publisher, err := newPublisher([]kgo.Opt{brokers, kgo.DefaultProduceTopic(options.topic)}, key, sequence)
	return publisher, options, err
}

func optionsOfCommandLine() options {
	var options options
	flag.StringVar(&options.brokers, "brokers", "", "some brokers of the cluster, HOST:PORT,...")
	flag.StringVar(&options.topic, "topic", "", "the ledger's topic")
	flag.StringVar(&options.ledger, "ledger", "", "the ledger's name, 64 hex digits")
	flag.StringVar(&options.key, "key", "", "an enrolled Ed25519 key, PEM (PKCS#8)")
	flag.StringVar(&options.stream, "stream", "", "a stream of this process alone, [a-z0-9._-]{1,32}")
	flag.StringVar(&options.sequence, "sequence", "", "the file that keeps the stream's sequence number")
	flag.BoolVar(&options.begin, "begin", false, "begin a stream that was never used")
	flag.IntVar(&options.eventsPerRecord, "events-per-record", maxRecordEvents, "at most; 1 to 1,000")
	flag.Parse()
	return options
}

func loadKey(path string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is no PEM", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds no Ed25519 key", path)
	}
	return private, nil
}

func readEvents(source io.Reader) ([]event, error) {
	reader := bufio.NewReader(source)
	var events []event
	for number := 1; ; number++ {
		line, readError := reader.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			event, err := parseEvent(line)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
			events = append(events, event)
		}
		if errors.Is(readError, io.EOF) {
			return events, nil
		}
		if readError != nil {
			return nil, readError
		}
	}
}
