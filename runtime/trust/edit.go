package trust

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/internal/durable"
)

// backups is how many earlier versions of a trust file are kept beside it, as trust.toml.1, the latest, and so on.
const backups = 5

const checksum = "# sha256 of the lines above: "

// Edit changes a trust file, which need not be there yet: change is given what it says and alters it. The file is replaced as a whole, so that a
// crash leaves the old one or the new one; the one before is kept beside it. Processes that edit the same file take turns. before is called when
// the change is known to be good and has not been made yet, such as to put it on record; the file stays as it is where that fails. It may be nil.
//
// Comments in the file are lost, but for the backups; a source's description is the place for notes.
func Edit(path string, change func(*Config) error, before func(from, to *Config) error) error {
	lock, err := durable.Acquire(path + ".lock")
	if err != nil {
		return err
	}
	defer lock.Release()
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	from, err := Parse(path, old)
	if err != nil {
		return err
	}
	to := &Config{DevMode: from.DevMode, ForbidDevMode: from.ForbidDevMode, Sources: slices.Clone(from.Sources)}
	if err := change(to); err != nil {
		return err
	}
	text := to.text()
	if to, err = Parse(path, text); err != nil {
		return err
	}
	if before != nil {
		if err := before(from, to); err != nil {
			return err
		}
	}
	if len(old) > 0 {
		if err := backUp(path, old); err != nil {
			return err
		}
	}
	return durable.WriteFile(path, text, 0o644)
}

// backUp shifts the backups by one and keeps old as the first. A crash in between leaves two names for one version, and loses none but the oldest.
func backUp(path string, old []byte) error {
	for i := backups; i > 1; i-- {
		err := os.Rename(path+"."+strconv.Itoa(i-1), path+"."+strconv.Itoa(i))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return durable.WriteFile(path+".1", old, 0o644)
}

// text writes the config as a file, with its checksum.
func (c *Config) text() []byte {
	var b bytes.Buffer
	b.WriteString("# Whom this host trusts. Written by witgen; docs/security.md says what the keys mean.\n[trust]\n")
	fmt.Fprintf(&b, "dev_mode = %v\nforbid_dev_mode = %v\n", c.DevMode, c.ForbidDevMode)
	for _, s := range c.Sources {
		b.WriteString("\n[[trust.sources]]\n")
		for _, f := range fields(s) {
			if f[1] != "" {
				fmt.Fprintf(&b, "%s = %s\n", f[0], quote(f[1]))
			}
		}
	}
	sum := sha256.Sum256(b.Bytes())
	fmt.Fprintf(&b, "\n%s%s\n", checksum, hex.EncodeToString(sum[:]))
	return b.Bytes()
}

func fields(s Source) [][2]string {
	var f [][2]string
	switch s := s.(type) {
	case *Git:
		f = [][2]string{{"type", "git"}, {"url_pattern", s.URLPattern}, {"branch", s.Branch}, {"commit", s.Commit}}
	case *Key:
		f = [][2]string{{"type", "signing_key"}, {"public_key", s.PublicKey.String()}, {"signer", s.Signer}}
	case *Local:
		f = [][2]string{{"type", "local"}, {"path_pattern", s.PathPattern}, {"sha256", s.SHA256}}
	case *Hash:
		f = [][2]string{{"type", "hash"}, {"sha256", s.SHA256}}
	}
	return append(f, [2]string{"description", s.Note()})
}

// quote writes a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// edited says that a file has a checksum that is not its own.
func edited(src []byte) bool {
	i := bytes.LastIndex(src, []byte("\n"+checksum))
	if i < 0 {
		return false
	}
	sum := sha256.Sum256(src[:i])
	return string(src[i+1+len(checksum):]) != hex.EncodeToString(sum[:])+"\n"
}
