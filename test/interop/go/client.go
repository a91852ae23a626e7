package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/config"
	"github.com/theupdateframework/go-tuf/v2/metadata/updater"
)

type options struct {
	metadataURL, targetURL, dir, root string
	now                               *time.Time
}

// client is a TUF client: a folder of trusted metadata and the Updater that was last refreshed on it.
type client struct {
	options
	initialRoot []byte
	updater     *updater.Updater
}

type acceptance struct {
	OK bool `json:"ok"`
}

type versions struct {
	Root      int64 `json:"root"`
	Timestamp int64 `json:"timestamp"`
	Snapshot  int64 `json:"snapshot"`
	Targets   int64 `json:"targets"`
}

type refreshed struct {
	acceptance
	Versions versions `json:"versions"`
}

type missing struct {
	acceptance
	Missing bool `json:"missing"`
}

type target struct {
	Length int64            `json:"length"`
	SHA256 string           `json:"sha256"`
	Custom *json.RawMessage `json:"custom"`
}

type found struct {
	acceptance
	target
}

type foundAll struct {
	acceptance
	Targets []*target `json:"targets"`
}

type downloaded struct {
	acceptance
	Length int    `json:"length"`
	SHA256 string `json:"sha256"`
}

var accepted = acceptance{OK: true}

func newClient(given options) (*client, error) {
	root, err := os.ReadFile(given.root)
	if err != nil {
		return nil, err
	}
	return &client{options: given, initialRoot: root}, nil
}

func (client *client) refresh() (any, error) {
	// A refresh that failed leaves an Updater that can't be used again.
	client.updater = nil
	fresh, err := client.newUpdater()
	if err != nil {
		return nil, err
	}
	if err := fresh.Refresh(); err != nil {
		return nil, err
	}
	client.updater = fresh
	trusted := fresh.GetTrustedMetadataSet()
	return refreshed{accepted, versions{
		Root:      trusted.Root.Signed.Version,
		Timestamp: trusted.Timestamp.Signed.Version,
		Snapshot:  trusted.Snapshot.Signed.Version,
		Targets:   trusted.Targets[metadata.TARGETS].Signed.Version,
	}}, nil
}

func (client *client) newUpdater() (*updater.Updater, error) {
	root, err := client.trustedRoot()
	if err != nil {
		return nil, err
	}
	settings, err := config.New(client.metadataURL, root)
	if err != nil {
		return nil, err
	}
	settings.LocalMetadataDir = client.metadataDir()
	settings.LocalTargetsDir = filepath.Join(client.dir, "targets")
	settings.RemoteTargetsURL = client.targetURL
	settings.PrefixTargetsWithHash = true
	fresh, err := updater.New(settings)
	if err == nil && client.now != nil {
		fresh.UnsafeSetRefTime(*client.now)
	}
	return fresh, err
}

func (client *client) metadataDir() string { return filepath.Join(client.dir, "metadata") }

// trustedRoot is the newest root that this client has trusted: updater.New begins from what it is given, and would put
// an older one in its place.
func (client *client) trustedRoot() ([]byte, error) {
	root, err := os.ReadFile(filepath.Join(client.metadataDir(), "root.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return client.initialRoot, nil
	}
	return root, err
}

func (client *client) lookup(path string) (any, error) {
	info, err := client.find(path)
	if err != nil {
		return nil, err
	}
	if info == nil {
		return missing{accepted, true}, nil
	}
	return found{accepted, *description(info)}, nil
}

func (client *client) lookups(paths []string) (any, error) {
	targets := make([]*target, len(paths))
	for index, path := range paths {
		info, err := client.find(path)
		if err != nil {
			return nil, err
		}
		if info != nil {
			targets[index] = description(info)
		}
	}
	return foundAll{accepted, targets}, nil
}

func (client *client) download(path string) (any, error) {
	info, err := client.find(path)
	if err != nil {
		return nil, err
	}
	if info == nil {
		return missing{accepted, true}, nil
	}
	_, content, err := client.updater.DownloadTarget(info, "", "")
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(content)
	return downloaded{accepted, len(content), hex.EncodeToString(digest[:])}, nil
}

func (client *client) clock(at *string) (any, error) {
	client.updater = nil
	client.now = nil
	if at == nil {
		return accepted, nil
	}
	now, err := time.Parse(time.RFC3339, *at)
	if err != nil {
		return nil, err
	}
	client.now = &now
	return accepted, nil
}

// find looks a target up; nil means that there is none.
func (client *client) find(path string) (*metadata.TargetFiles, error) {
	if client.updater == nil {
		if _, err := client.refresh(); err != nil {
			return nil, err
		}
	}
	info, err := client.updater.GetTargetInfo(path)
	// go-tuf 2.4.2 has no type for a target that isn't there, only this text.
	if err != nil && err.Error() == "target "+path+" not found" {
		return nil, nil
	}
	return info, err
}

func description(info *metadata.TargetFiles) *target {
	return &target{Length: info.Length, SHA256: hex.EncodeToString(info.Hashes["sha256"]), Custom: info.Custom}
}
