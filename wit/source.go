package wit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// maxSourceBytes is how much WIT one load reads: far more than all of WASI.
const maxSourceBytes = 64 << 20

// sources are the files of one load, by slash-separated names.
type sources struct {
	// root is what the person called the file or folder.
	root  string
	isDir bool
	names []string
	text  map[string][]byte
	total int
}

// readSources reads the file or folder name of fsys: a folder's own files and
// those of its deps, as tools for WIT lay them out.
func readSources(fsys fs.FS, name, root string) (*sources, error) {
	s := &sources{root: root, text: map[string][]byte{}}
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, pathError(err, root)
	}
	if !info.IsDir() {
		return s, s.read(fsys, name, path.Base(name))
	}
	s.isDir = true
	if err := s.readDir(fsys, name, ""); err != nil {
		return nil, err
	}
	if len(s.names) == 0 {
		return nil, fmt.Errorf("%s: no .wit file in this folder", root)
	}
	if info, err := fs.Stat(fsys, path.Join(name, "deps")); err == nil && info.IsDir() {
		if err := s.readDeps(fsys, path.Join(name, "deps")); err != nil {
			return nil, err
		}
	}
	slices.Sort(s.names)
	return s, nil
}

func (s *sources) readDeps(fsys fs.FS, deps string) error {
	if err := s.readDir(fsys, deps, "deps"); err != nil {
		return err
	}
	entries, err := fs.ReadDir(fsys, deps)
	if err != nil {
		return pathError(err, s.root)
	}
	for _, e := range entries {
		dir := path.Join(deps, e.Name())
		if info, err := fs.Stat(fsys, dir); err == nil && info.IsDir() {
			if err := s.readDir(fsys, dir, path.Join("deps", e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sources) readDir(fsys fs.FS, dir, as string) error {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return pathError(err, s.root)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		info, err := fs.Stat(fsys, name)
		if err != nil {
			return pathError(err, s.root)
		}
		if info.IsDir() || !isSource(e.Name(), as != "") {
			continue
		}
		if err := s.read(fsys, name, path.Join(as, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// isSource says whether a file holds WIT; among dependencies it may be encoded.
func isSource(name string, dep bool) bool {
	switch path.Ext(name) {
	case ".wit":
		return true
	case ".wasm", ".wat":
		return dep
	}
	return false
}

func (s *sources) read(fsys fs.FS, name, as string) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return pathError(err, s.root)
	}
	if s.total += len(b); s.total > maxSourceBytes {
		return fmt.Errorf("%s: more than %d bytes of WIT", s.root, maxSourceBytes)
	}
	if path.Ext(as) == ".wit" {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	}
	s.names = append(s.names, as)
	s.text[as] = b
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
	h := sha256.New()
	for _, name := range s.names {
		fmt.Fprintf(h, "%s\x00%d\x00", name, len(s.text[name]))
		h.Write(s.text[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

var packageDecl = regexp.MustCompile(`(?m)^\s*package\s+([^\s;{]+)\s*;`)

// mainPackage is the package that the source itself declares; "" where it holds
// only nested ones.
func (s *sources) mainPackage() string {
	for _, name := range s.names {
		if path.Dir(name) != "." || path.Ext(name) != ".wit" {
			continue
		}
		if m := packageDecl.FindSubmatch(s.text[name]); m != nil {
			return strings.ReplaceAll(string(m[1]), "%", "")
		}
	}
	return ""
}

// inTemp writes the sources to a folder that only this user can read and write,
// and calls f with the path of what wasm-tools is to read. They are copied since
// it sees nothing but the folder that it is given.
func (s *sources) inTemp(f func(path string) error) error {
	parent := ""
	if runtime.GOOS == "windows" {
		parent = "." // the guest understands no drive letters, only paths below here
	}
	dir, err := os.MkdirTemp(parent, "witgen-wit-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	for _, name := range s.names {
		to := filepath.Join(dir, "wit", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(to, s.text[name], 0o600); err != nil {
			return err
		}
	}
	at := filepath.ToSlash(dir) + "/wit"
	if !s.isDir {
		at += "/" + s.names[0]
	}
	return f(at)
}

// display is what the person calls the file that wasm-tools calls tmp.
func (s *sources) display(tmp, at string) string {
	if !s.isDir {
		return s.root
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(tmp, at), "/")
	return filepath.ToSlash(filepath.Join(s.root, filepath.FromSlash(rel)))
}

// line is line n, from 1, of the file that wasm-tools calls tmp.
func (s *sources) line(tmp, at string, n int) string {
	name := s.names[0]
	if s.isDir {
		name = strings.TrimPrefix(strings.TrimPrefix(tmp, at), "/")
	}
	for line := range strings.Lines(string(s.text[name])) {
		if n--; n == 0 {
			return strings.TrimRight(line, "\r\n")
		}
	}
	return ""
}
