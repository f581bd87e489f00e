package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

// A Config says whom a host trusts. The zero value trusts nobody.
type Config struct {
	// DevMode lets every component run that nobody denied. It is for machines of developers.
	DevMode bool
	// ForbidDevMode refuses DevMode wherever it is asked for.
	ForbidDevMode bool
	Sources       []Source

	// SHA256 is the hash of the file that the config was read from, in hex; "" of one that was not.
	SHA256 string
	// Edited says that the file was changed by other means than [Edit] since that wrote it.
	Edited bool
}

// ErrDevModeForbidden says that dev mode was asked for where the configuration forbids it.
var ErrDevModeForbidden = errors.New("dev mode is forbidden here (trust.forbid_dev_mode); have the component approved, or trust where it comes from")

// Dev gives the config with dev mode on, or [ErrDevModeForbidden].
func (c *Config) Dev() (*Config, error) {
	if c.ForbidDevMode {
		return nil, ErrDevModeForbidden
	}
	dev := *c
	dev.DevMode = true
	return &dev, nil
}

// file is trust.toml as it is written.
type file struct {
	Trust struct {
		DevMode       bool     `toml:"dev_mode"`
		ForbidDevMode bool     `toml:"forbid_dev_mode"`
		Sources       []source `toml:"sources"`
	} `toml:"trust"`
}

type source struct {
	Type        string `toml:"type"`
	URLPattern  string `toml:"url_pattern"`
	URL         string `toml:"url"`
	Branch      string `toml:"branch"`
	Commit      string `toml:"commit"`
	PublicKey   string `toml:"public_key"`
	Signer      string `toml:"signer"`
	PathPattern string `toml:"path_pattern"`
	SHA256      string `toml:"sha256"`
	Description string `toml:"description"`
}

// keys are those that a source of each type has, beside type and description.
var keys = map[string][]string{
	"git":         {"url_pattern", "url", "branch", "commit"},
	"signing_key": {"public_key", "signer"},
	"local":       {"path_pattern", "sha256"},
	"hash":        {"sha256"},
}

// Load reads a trust file. Its mistakes are [tomlpos.Errors], all of them with their places.
func Load(path string) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, tomlpos.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	return Parse(path, src)
}

// Parse reads a trust file's text; name is what errors call it.
func Parse(name string, src []byte) (*Config, error) {
	doc, err := tomlpos.Parse(name, src)
	if err != nil {
		return nil, err
	}
	var f file
	doc.Decode(&f)
	sum := sha256.Sum256(src)
	c := &Config{DevMode: f.Trust.DevMode, ForbidDevMode: f.Trust.ForbidDevMode, SHA256: hex.EncodeToString(sum[:]), Edited: edited(src)}
	if c.DevMode && c.ForbidDevMode {
		doc.Fail("`trust.dev_mode` is on and forbidden at once", "take one of them out", "trust", "dev_mode")
	}
	seen := map[string]int{}
	for i := range f.Trust.Sources {
		s, bad := f.Trust.Sources[i].read(doc, i)
		if s == nil && bad == nil {
			continue // its mistakes are kept already
		}
		if bad == nil {
			if first, twice := seen[s.identity()]; twice {
				bad = &SourceError{duplicate(s), fmt.Sprintf("source %d says the same", first+1), "take one of them out"}
			} else {
				seen[s.identity()] = i
			}
		}
		if bad != nil {
			doc.Fail(fmt.Sprintf("`trust.sources[%d].%s`: %s", i, bad.Key, bad.Reason), bad.Help, "trust", "sources", i, bad.Key)
			continue
		}
		c.Sources = append(c.Sources, s)
	}
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// read makes a Source of what is written; nil and nil where a key stands that does not belong there.
func (w *source) read(doc *tomlpos.Document, i int) (Source, *SourceError) {
	at := func(key string) []any { return []any{"trust", "sources", i, key} }
	known, ok := keys[w.Type]
	if !ok {
		return nil, &SourceError{"type", fmt.Sprintf("%.40q is no type of source", w.Type), `write "git", "signing_key", "local" or "hash"`}
	}
	foreign := false
	for _, all := range keys {
		for _, key := range all {
			if doc.Has(at(key)...) && !slices.Contains(known, key) && !doc.Failed(at(key)...) {
				doc.FailKey(fmt.Sprintf("a source of type %q has no `%s`", w.Type, key), "known here: "+strings.Join(known, ", "), at(key)...)
				foreign = true
			}
		}
	}
	if foreign {
		return nil, nil
	}
	s, bad := w.source(doc.Has(at("url")...))
	if bad == nil {
		bad = check(s)
	}
	if bad != nil && bad.Key == "url_pattern" && !doc.Has(at("url_pattern")...) {
		bad.Key = "url"
	}
	return s, bad
}

func (w *source) source(hasURL bool) (Source, *SourceError) {
	switch w.Type {
	case "git":
		pattern := w.URLPattern
		if hasURL {
			if pattern != "" {
				return nil, &SourceError{"url", "it stands beside `url_pattern`", "write one of the two"}
			}
			pattern = w.URL
			if strings.ContainsAny(pattern, "*?[{") {
				return nil, &SourceError{"url", "it is a pattern", "call it `url_pattern`"}
			}
		}
		return &Git{URLPattern: pattern, Branch: w.Branch, Commit: w.Commit, Description: w.Description}, nil
	case "signing_key":
		key, err := signature.ParsePublicKey([]byte(w.PublicKey))
		if err != nil {
			return nil, &SourceError{"public_key", err.Error(), "witgen keygen prints it in the right form"}
		}
		return &Key{PublicKey: key, Signer: w.Signer, Description: w.Description}, nil
	case "local":
		return &Local{PathPattern: w.PathPattern, SHA256: w.SHA256, Description: w.Description}, nil
	}
	return &Hash{SHA256: w.SHA256, Description: w.Description}, nil
}
