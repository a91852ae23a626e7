package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	payloadType = "application/vnd.tuf-ledger.record+json"
	// The rules that events are written in.
	rules           = 1
	maxRecordBytes  = 65_535
	maxRecordEvents = 1_000

	// How long the client tries to deliver one record; and how often that is begun anew, by a new client.
	deliveryTime = 30 * time.Second
	tries        = 10
	pause        = time.Second
)

// ed25519Key signs envelopes.
type ed25519Key struct {
	private ed25519.PrivateKey
	keyid   string
}

func newEd25519Key(private ed25519.PrivateKey) (ed25519Key, error) {
	public := hex.EncodeToString(private.Public().(ed25519.PublicKey))
	key, err := cjson.EncodeCanonical(map[string]any{
		"keytype": "ed25519", "scheme": "ed25519", "keyval": map[string]any{"public": public},
	})
	keyid := sha256.Sum256(key)
	return ed25519Key{private, hex.EncodeToString(keyid[:])}, err
}

func (key ed25519Key) Sign(_ context.Context, message []byte) ([]byte, error) {
	return ed25519.Sign(key.private, message), nil
}

func (key ed25519Key) KeyID() (string, error) { return key.keyid, nil }

// unconfirmedError says that a record may be in the log or not. It is kept, and is the first to be sent next time.
type unconfirmedError struct {
	seq    int64
	stream string
	cause  error
}

func (err unconfirmedError) Error() string {
	return fmt.Sprintf("record %d of stream %s is not confirmed: %v", err.seq, err.stream, err.cause)
}

// publisher appends records of one key and stream, one after the other.
type publisher struct {
	// brokers and topic, TLS, login.
	options  []kgo.Opt
	signer   *dsse.EnvelopeSigner
	sequence *sequenceFile
	client   *kgo.Client
}

func newPublisher(options []kgo.Opt, key ed25519Key, sequence *sequenceFile) (*publisher, error) {
	signer, err := dsse.NewEnvelopeSigner(key)
	// The client waits for all replicas in sync, and is idempotent, unless it is told otherwise.
	options = append([]kgo.Opt{
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RecordDeliveryTimeout(deliveryTime),
		// Else it would wait without end for a broker that took a record and went away.
		kgo.AllowIdempotentProduceCancellation(),
		kgo.ProducerLinger(0),
		kgo.ClientID("publish-go"),
	}, options...)
	return &publisher{options: options, signer: signer, sequence: sequence}, err
}

// recordsOf gives parts of the events, in their order, that fit a record each.
func (publisher *publisher) recordsOf(events []event, mostEvents int) ([][]event, error) {
	frame, err := publisher.payload([]event{}, maxInteger)
	if err != nil {
		return nil, err
	}
	envelope, err := publisher.seal(nil)
	if err != nil {
		return nil, err
	}
	// Base64 makes four digits of three bytes.
	room := (maxRecordBytes-len(envelope))/4*3 - len(frame)
	var records [][]event
	// As if a record before were full, so that the first event opens one.
	size := room + 1
	for _, event := range events {
		text, err := cjson.EncodeCanonical(event)
		if err != nil {
			return nil, err
		}
		length := len(text) + len(",")
		if length > room {
			return nil, fmt.Errorf("an event of %d bytes fits no record: %d are left for it", length, room)
		}
		if size+length > room || len(records[len(records)-1]) == mostEvents {
			records, size = append(records, nil), 0
		}
		records[len(records)-1] = append(records[len(records)-1], event)
		size += length
	}
	return records, nil
}

// settle sends again what was sent before and not confirmed, byte for byte. It gives false where all was confirmed.
func (publisher *publisher) settle(ctx context.Context) (offset int64, sent bool, err error) {
	value := publisher.sequence.kept.Unconfirmed
	if value == "" {
		return 0, false, nil
	}
	offset, err = publisher.deliver(ctx, []byte(value))
	return offset, true, err
}

// append appends one record and gives its offset in the topic. After an unconfirmedError call settle, or start again.
func (publisher *publisher) append(ctx context.Context, events []event) (int64, error) {
	if _, _, err := publisher.settle(ctx); err != nil {
		return 0, err
	}
	seq := publisher.sequence.kept.Seq + 1
	payload, err := publisher.payload(events, seq)
	if err != nil {
		return 0, err
	}
	value, err := publisher.seal(payload)
	if err != nil {
		return 0, err
	}
	if err := publisher.sequence.take(seq, value); err != nil {
		return 0, err
	}
	return publisher.deliver(ctx, value)
}

func (publisher *publisher) payload(events []event, seq int64) ([]byte, error) {
	of := publisher.sequence.kept.identity
	return cjson.EncodeCanonical(map[string]any{
		"events": events, "ledger": of.Ledger, "seq": seq, "stream": of.Stream, "v": rules,
	})
}

func (publisher *publisher) seal(payload []byte) ([]byte, error) {
	envelope, err := publisher.signer.SignPayload(context.Background(), payloadType, payload)
	if err != nil {
		return nil, err
	}
	return cjson.EncodeCanonical(envelope)
}

// deliver sends the same bytes until the brokers have confirmed them. A copy too many does no harm: it is noise.
func (publisher *publisher) deliver(ctx context.Context, value []byte) (int64, error) {
	var cause error
	for range tries {
		var offset int64
		if offset, cause = publisher.sendOnce(ctx, value); cause == nil {
			return offset, publisher.sequence.confirm()
		}
		// What a client with an error still holds is unknown: the next try is another client's.
		publisher.close()
		time.Sleep(pause)
	}
	kept := publisher.sequence.kept
	return 0, unconfirmedError{kept.Seq, kept.Stream, cause}
}

func (publisher *publisher) sendOnce(ctx context.Context, value []byte) (int64, error) {
	if publisher.client == nil {
		client, err := kgo.NewClient(publisher.options...)
		if err != nil {
			return 0, err
		}
		publisher.client = client
	}
	sent, err := publisher.client.ProduceSync(ctx, &kgo.Record{Value: value, Partition: 0}).First()
	if err != nil {
		return 0, err
	}
	return sent.Offset, nil
}

func (publisher *publisher) close() {
	if publisher.client != nil {
		publisher.client.Close()
		publisher.client = nil
	}
}
