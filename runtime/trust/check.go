package trust

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/airsstack/witgen/runtime/capability"
)

// A SourceError says which key of a source is wrong, and what to do.
type SourceError struct{ Key, Reason, Help string }

func (e *SourceError) Error() string {
	if e.Help == "" {
		return fmt.Sprintf("`%s`: %s", e.Key, e.Reason)
	}
	return fmt.Sprintf("`%s`: %s; %s", e.Key, e.Reason, e.Help)
}

// check is what makes a source usable: its text is judged and its pattern prepared.
func check(s Source) *SourceError {
	switch s := s.(type) {
	case *Git:
		return s.check()
	case *Key:
		return s.check()
	case *Local:
		return s.check()
	case *Hash:
		return badSHA256(s.SHA256)
	}
	return &SourceError{"type", fmt.Sprintf("a source cannot be a %T", s), ""}
}

func (g *Git) check() (bad *SourceError) {
	p, err := parseURLPattern(g.URLPattern)
	if err != nil {
		return &SourceError{"url_pattern", err.Error(), `write for example "https://github.com/acme/*"`}
	}
	g.pattern = p
	if g.Branch != "" {
		bad = badBranch(g.Branch)
	}
	if g.Commit != "" && bad == nil {
		bad = badCommit(g.Commit)
	}
	return bad
}

// branch is what git check-ref-format allows, but for the rules in badBranch.
var branch = regexp.MustCompile(`^[^\x00-\x20\x7f~^:?*\[\\]+$`)

func badBranch(name string) *SourceError {
	bad := !branch.MatchString(name) || len(name) > 250 || name == "@" || strings.Contains(name, "..") || strings.Contains(name, "@{") ||
		strings.Contains(name, "//") || strings.HasPrefix(name, "-") || strings.HasPrefix(name, "/") || strings.HasSuffix(name, "/") || strings.HasSuffix(name, ".")
	for _, part := range strings.Split(name, "/") {
		bad = bad || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock")
	}
	if bad {
		return &SourceError{"branch", fmt.Sprintf("%.60q is no name of a branch", name), `write it as Git has it: "main"`}
	}
	return nil
}

func badCommit(commit string) *SourceError {
	if !isHex(commit, 40) {
		return &SourceError{"commit", fmt.Sprintf("%.60q is no commit", commit), "write its 40 hex digits, in lower case"}
	}
	return nil
}

// signer names the holder of a key: letters, digits and what e-mail addresses and names have.
var signer = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} ._@+-]{0,99}$`)

func (k *Key) check() *SourceError {
	if !signer.MatchString(k.Signer) {
		return &SourceError{"signer", fmt.Sprintf("%.60q does not say whose key it is", k.Signer), `write a name: "acme releases"`}
	}
	if k.PublicKey == (Key{}).PublicKey {
		return &SourceError{"public_key", "there is no key", `write it as witgen keygen prints it: "ed25519:…"`}
	}
	return nil
}

func (l *Local) check() *SourceError {
	if !filepath.IsAbs(l.PathPattern) {
		return &SourceError{"path_pattern", fmt.Sprintf("%.60q is not an absolute path", l.PathPattern), `write it from the top: "/opt/components/**"`}
	}
	p, err := capability.ParsePattern(capability.Filesystem, slashed(l.PathPattern))
	if err != nil {
		return &SourceError{"path_pattern", err.Error(), ""}
	}
	l.pattern = p
	base := literalDir(l.PathPattern)
	if base == filepath.VolumeName(base)+string(filepath.Separator) {
		return &SourceError{"path_pattern", "it is too wide: it trusts files anywhere", "name a folder at least"}
	}
	info, err := os.Stat(base)
	switch {
	case err != nil:
		return &SourceError{"path_pattern", fmt.Sprintf("there is no %s", base), "make it first, or correct the path"}
	case info.IsDir() && info.Mode().Perm()&0o002 != 0 && os.PathSeparator == '/':
		return &SourceError{"path_pattern", fmt.Sprintf("anybody may write into %s", base), "close it with `chmod o-w` first"}
	case l.SHA256 != "":
		return badSHA256(l.SHA256)
	}
	return nil
}

// literalDir is the part of a path pattern before the first segment that is a pattern; a whole path where none is.
func literalDir(pattern string) string {
	i := strings.IndexAny(pattern, "*?[{")
	if i < 0 {
		return filepath.Clean(pattern)
	}
	return filepath.Dir(pattern[:i] + "x")
}

func badSHA256(sum string) *SourceError {
	if !isHex(sum, 64) {
		return &SourceError{"sha256", fmt.Sprintf("%.80q is no SHA-256", sum), "write its 64 hex digits, in lower case, as sha256sum prints them"}
	}
	return nil
}

func isHex(s string, n int) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == n && s == strings.ToLower(s)
}

// duplicate tells the key under which two sources are the same.
func duplicate(s Source) string {
	switch s.(type) {
	case *Git:
		return "url_pattern"
	case *Key:
		return "public_key"
	case *Local:
		return "path_pattern"
	}
	return "sha256"
}
