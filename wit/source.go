package wit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/airsstack/witgen/wit/syntax"
)

// maxSourceBytes is how much WIT one load reads: far more than all of WASI.
const maxSourceBytes = 16 << 20

// A root is a file or a folder to load.
type root struct {
	fsys fs.FS
	name string
	// display is what the person calls it.
	display string
}

// A group is the files that make up a package: a file, or those of a folder.
type group struct {
	display string
	files   []*syntax.Source
	// again says that the group comes from another root than the first, so that its
	// packages may be known already.
	again bool
}

// sources are the files of one load.
type sources struct {
	groups   []*group
	locks    []*lock
	warnings []string
	// text holds what was read by slash-separated names below the root.
	text  map[string][]byte
	total int
}

func newSources() *sources { return &sources{text: map[string][]byte{}} }

// readRoot reads a file or a folder: its own files and those of its deps, as tools
// for WIT lay them out [WIT.md, Filesystem structure].
func (s *sources) readRoot(r root, again bool) error {
	info, err := fs.Stat(r.fsys, r.name)
	if err != nil {
		return pathError(err, r.display)
	}
	prefix := ""
	if again {
		prefix = fmt.Sprintf("+%d/", len(s.groups))
	}
	if !info.IsDir() {
		g := &group{display: r.display, again: again}
		s.groups = append(s.groups, g)
		return s.read(r, g, r.name, prefix+path.Base(r.name), r.display)
	}
	g, err := s.readDir(r, "", prefix, again)
	if err != nil {
		return err
	}
	if g == nil {
		return fmt.Errorf("%s: no .wit file in this folder", r.display)
	}
	s.readLocks(r)
	deps := path.Join(r.name, "deps")
	if info, err := fs.Stat(r.fsys, deps); err != nil || !info.IsDir() {
		return nil
	}
	entries, err := fs.ReadDir(r.fsys, deps)
	if err != nil {
		return pathError(err, r.display)
	}
	for _, e := range entries {
		if err := s.readDep(r, path.Join("deps", e.Name()), prefix, again); err != nil {
			return err
		}
	}
	return nil
}

// readDep reads an entry of deps: a file or a folder.
func (s *sources) readDep(r root, rel, prefix string, again bool) error {
	name := path.Join(r.name, rel)
	info, err := fs.Stat(r.fsys, name)
	if err != nil {
		return pathError(err, r.display)
	}
	if info.IsDir() {
		_, err := s.readDir(r, rel, prefix, again)
		return err
	}
	switch path.Ext(name) {
	case ".wit":
		g := &group{display: displayOf(r, rel), again: again}
		s.groups = append(s.groups, g)
		return s.read(r, g, name, prefix+rel, g.display)
	case ".wasm", ".wat":
		return &Error{
			Pos: Pos{File: displayOf(r, rel)}, Msg: "this dependency is WIT in WebAssembly's form, which is not read here",
			Hint: "put its text there instead: `wasm-tools component wit " + displayOf(r, rel) + "` prints it",
		}
	}
	return nil
}

// readDir reads the .wit files of a folder as a group; nil where there are none.
func (s *sources) readDir(r root, rel, prefix string, again bool) (*group, error) {
	entries, err := fs.ReadDir(r.fsys, path.Join(r.name, rel))
	if err != nil {
		return nil, pathError(err, r.display)
	}
	g := &group{display: displayOf(r, rel), again: again}
	for _, e := range entries {
		name := path.Join(r.name, rel, e.Name())
		if path.Ext(name) != ".wit" {
			continue
		}
		info, err := fs.Stat(r.fsys, name)
		if err != nil {
			return nil, pathError(err, r.display)
		}
		if info.IsDir() {
			continue
		}
		if err := s.read(r, g, name, prefix+path.Join(rel, e.Name()), displayOf(r, path.Join(rel, e.Name()))); err != nil {
			return nil, err
		}
	}
	if len(g.files) == 0 {
		return nil, nil
	}
	s.groups = append(s.groups, g)
	return g, nil
}

// displayOf is what the person calls a file or folder below a root.
func displayOf(r root, rel string) string {
	if rel == "" {
		return r.display
	}
	return filepath.ToSlash(filepath.Join(r.display, filepath.FromSlash(rel)))
}

// read adds a file to a group; as is its name in the digest.
func (s *sources) read(r root, g *group, name, as, display string) error {
	b, err := fs.ReadFile(r.fsys, name)
	if err != nil {
		return pathError(err, r.display)
	}
	if s.total += len(b); s.total > maxSourceBytes {
		return fmt.Errorf("%s: more than %d bytes of WIT", r.display, maxSourceBytes)
	}
	if bytes.HasPrefix(b, []byte("\x00asm")) {
		return &Error{Pos: Pos{File: display}, Msg: "this is WebAssembly, not WIT", Hint: "`witgen wit " + display + "` prints the WIT of a component"}
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	s.text[as] = b
	g.files = append(g.files, syntax.NewSource(display, string(b)))
	return nil
}

// pathError says what a failed read means without the function's name.
func pathError(err error, root string) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", root, pe.Err)
	}
	return fmt.Errorf("%s: %w", root, err)
}

func (s *sources) digest() string {
	var names []string
	for name := range s.text {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	h := sha256.New()
	for _, name := range names {
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(s.text[name]))
		h.Write(s.text[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}
