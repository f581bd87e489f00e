package trust

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

// A Source is where trusted components come from: a *[Git], *[Key], *[Local] or *[Hash].
type Source interface {
	// String describes the source in a few words.
	String() string
	// Note is the description that it has in the file.
	Note() string
	// covers says whether the component comes from the source.
	covers(c *examined) bool
	// identity tells two entries for the same thing.
	identity() string
}

// Git is a repository, or several of a pattern.
type Git struct {
	URLPattern  string // "https://github.com/acme/*": "*" within a name, a last "**" for any depth
	Branch      string // "" for any
	Commit      string // 40 hex digits, "" for any
	Description string

	pattern *urlPattern
}

// Key is a key that components are signed with.
type Key struct {
	PublicKey   signature.PublicKey
	Signer      string // whose it is
	Description string
}

// Local is a place on this machine.
type Local struct {
	PathPattern string // absolute, of files: "/opt/components/**"
	SHA256      string // of the file there, 64 hex digits; "" for any
	Description string

	pattern *capability.Pattern
}

// Hash is one file, wherever it lies.
type Hash struct {
	SHA256      string // 64 hex digits
	Description string
}

func (g *Git) String() string {
	s := "git " + g.URLPattern
	if g.Branch != "" {
		s += " branch " + g.Branch
	}
	if g.Commit != "" {
		s += " commit " + g.Commit[:12]
	}
	return s
}
func (k *Key) String() string   { return fmt.Sprintf("key of %s, %s", k.Signer, k.PublicKey) }
func (l *Local) String() string { return "local " + l.PathPattern }
func (h *Hash) String() string  { return "sha256 " + h.SHA256 }

// Note is the description that it has in the file.
func (g *Git) Note() string { return g.Description }

// Note is the description that it has in the file.
func (k *Key) Note() string { return k.Description }

// Note is the description that it has in the file.
func (l *Local) Note() string { return l.Description }

// Note is the description that it has in the file.
func (h *Hash) Note() string { return h.Description }

func (g *Git) identity() string   { return "url " + g.URLPattern + " " + g.Branch + " " + g.Commit }
func (k *Key) identity() string   { return "key " + k.PublicKey.String() }
func (l *Local) identity() string { return "path " + l.PathPattern + " " + l.SHA256 }
func (h *Hash) identity() string  { return "sha256 " + h.SHA256 }

func (g *Git) covers(c *examined) bool {
	o := c.Origin
	return o != nil && o.check() == nil && c.Claim.agreesWith(o) && g.pattern.match(o.URL) &&
		(g.Branch == "" || g.Branch == o.Branch) && (g.Commit == "" || g.Commit == o.Commit)
}

func (k *Key) covers(c *examined) bool {
	return c.signers[k.PublicKey]
}

func (l *Local) covers(c *examined) bool {
	return c.Path != "" && c.Claim.liesAt(c.Path) && (l.SHA256 == "" || l.SHA256 == c.hash) && l.pattern.Match(slashed(c.Path))
}

func (h *Hash) covers(c *examined) bool { return h.SHA256 == c.hash }

// A Component is one that is to be judged.
type Component struct {
	// Path is the file, absolute and with all symbolic links resolved; "" for one that does not come from a file.
	Path string
	Wasm []byte
	// Origin is what was recorded when it was fetched, for these bytes; nil if nothing was.
	Origin *Origin
	// Claim is what its manifest says of where it comes from; nil if that says nothing.
	Claim *Claim
}

// Hash is the SHA-256 of the whole file in hex.
func (c *Component) Hash() string {
	sum := sha256.Sum256(c.Wasm)
	return hex.EncodeToString(sum[:])
}

// At gives the component in a file, whose bytes were read already, with its true place.
func At(file string, wasm []byte) (*Component, error) {
	path, err := filepath.Abs(file)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		return nil, err
	}
	return &Component{Path: path, Wasm: wasm}, nil
}

// An Origin is where a component was fetched from, as the one who fetched it recorded.
type Origin struct {
	URL    string `json:"url"`
	Branch string `json:"branch,omitempty"`
	Commit string `json:"commit"`
}

func (o *Origin) String() string {
	s := o.URL
	if o.Branch != "" {
		s += " branch " + o.Branch
	}
	return s + " commit " + o.Commit
}

// Check says what is wrong with the record, as a [*SourceError].
func (o *Origin) Check() error {
	if e := o.check(); e != nil {
		return e
	}
	return nil
}

func (o *Origin) check() *SourceError {
	if _, err := parseURL(o.URL); err != nil {
		return &SourceError{"url", err.Error(), `write "https://host/owner/name" or "ssh://git@host/owner/name"`}
	}
	if o.Branch != "" {
		if e := badBranch(o.Branch); e != nil {
			return e
		}
	}
	return badCommit(o.Commit)
}

// slashed is a path as patterns see it: with slashes and one at its start.
func slashed(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}
