package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// The sequence number of one key and stream, kept in a file.
//
// A ledger takes each number of a key and stream once, and only if it is above all before it. So a number is written
// down, with the bytes that it was used for, before they are sent; a number that was used is never used for other bytes.
// Whoever starts again after a crash sends those very bytes again: if they were in the log, the second copy is noise.
//
//	{"keyid":HEX,"ledger":HEX,"seq":N,"stream":NAME,"unconfirmed":ENVELOPE or absent}

// identity is what a sequence number belongs to.
type identity struct {
	Keyid  string `json:"keyid"`
	Ledger string `json:"ledger"`
	Stream string `json:"stream"`
}

// sequenceFile is locked for this process as long as it lives.
type sequenceFile struct {
	path string
	lock *os.File
	kept struct {
		identity
		Seq         int64  `json:"seq"`
		Unconfirmed string `json:"unconfirmed,omitempty"`
	}
}

// openSequence makes a new file with begin. Without, it must be there: to begin again at 1 would make noise of every record.
func openSequence(path string, of identity, begin bool) (*sequenceFile, error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fmt.Errorf("%s is in use: give each process a stream and a file of its own", path)
	}
	file := &sequenceFile{path: path, lock: lock}
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && begin:
		file.kept.identity = of
		return file, file.keep(0, nil)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s is missing: give --begin for a stream that was never used, or a new stream", path)
	case err != nil:
		return nil, err
	case begin:
		return nil, fmt.Errorf("%s exists: leave out --begin to go on with it", path)
	}
	if err := json.Unmarshal(content, &file.kept); err != nil {
		return nil, err
	}
	if file.kept.identity != of {
		return nil, fmt.Errorf("%s counts for another ledger, key or stream", path)
	}
	return file, nil
}

// take keeps a value under its number. When it returns, a crash of the machine does not lose it.
func (file *sequenceFile) take(seq int64, value []byte) error { return file.keep(seq, value) }

// confirm forgets the bytes that were kept: the log has them.
func (file *sequenceFile) confirm() error { return file.keep(file.kept.Seq, nil) }

func (file *sequenceFile) keep(seq int64, value []byte) error {
	file.kept.Seq, file.kept.Unconfirmed = seq, string(value)
	content, err := json.Marshal(file.kept)
	if err != nil {
		return err
	}
	draft := file.path + ".new"
	if err := writeDurably(draft, content); err != nil {
		return err
	}
	if err := os.Rename(draft, file.path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file.path))
}

func writeDurably(path string, content []byte) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.Sync()
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
