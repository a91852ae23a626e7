module tuf-ledger.example/publish

go 1.26.0

require (
	github.com/secure-systems-lab/go-securesystemslib v0.11.0
	github.com/twmb/franz-go v1.22.2
	golang.org/x/text v0.43.0
)

require (
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/twmb/franz-go/pkg/kmsg v1.15.0 // indirect
	golang.org/x/crypto v0.50.0 // indirect
	golang.org/x/sys v0.43.0 // indirect
)
