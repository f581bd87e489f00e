package gen

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/airsstack/witgen/gen/emit"
)

// errNotGenerated keeps a file that a person wrote.
var errNotGenerated = errors.New("it was not written by witgen; move it, or choose another `out`")

// Files is what was generated for one world.
type Files struct {
	// Dir is the folder that names are relative to, Out the one below it that
	// belongs to the generator.
	Dir, Out string
	// World is the world's full name.
	World string
	// Text holds the files by slash-separated name.
	Text map[string][]byte
	// Warnings are what a person should know and may leave as it is.
	Warnings []string
	// Skipped are the functions and types that were left out.
	Skipped []string
}

// Names are the names of the files, sorted.
func (f *Files) Names() []string { return slices.Sorted(maps.Keys(f.Text)) }

// A ChangeKind tells in what a file differs from what was generated.
type ChangeKind string

// The kinds of changes.
const (
	Missing  ChangeKind = "missing"     // it is not there
	Stale    ChangeKind = "out of date" // it is another
	Leftover ChangeKind = "left over"   // it was generated and is needed no more
)

// A Change is a file that is not as it should be.
type Change struct {
	Name string     `json:"file"`
	Kind ChangeKind `json:"state"`
}

// Check compares what lies in the folder with what was generated. Files below
// Out that a person wrote are no concern of it.
func (f *Files) Check() ([]Change, error) {
	var changes []Change
	for _, name := range f.Names() {
		have, err := os.ReadFile(f.path(name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			changes = append(changes, Change{name, Missing})
		case err != nil:
			return nil, err
		case !bytes.Equal(withoutCR(have), f.Text[name]):
			changes = append(changes, Change{name, Stale})
		}
	}
	err := filepath.WalkDir(f.path(f.Out), func(file string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || filepath.Ext(file) != ".go" {
			return err
		}
		rel, err := filepath.Rel(f.path(""), file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if _, ok := f.Text[name]; ok {
			return nil
		}
		generated, err := isGenerated(file)
		if generated {
			changes = append(changes, Change{name, Leftover})
		}
		return err
	})
	return changes, err
}

// Write makes the folder what was generated, and tells what it changed. Files
// that are right stay untouched; generated files that are needed no more are
// removed, with the folders that are empty then. A file that a person wrote is
// never overwritten: that is an error, and nothing is written.
func (f *Files) Write() ([]Change, error) {
	changes, err := f.Check()
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if c.Kind != Stale {
			continue
		}
		if generated, err := isGenerated(f.path(c.Name)); err != nil || !generated {
			return nil, errors.Join(err, fmt.Errorf("%s is in the way: %w", c.Name, errNotGenerated))
		}
	}
	for _, c := range changes {
		if c.Kind == Leftover {
			err = f.remove(c.Name)
		} else {
			err = f.write(c.Name)
		}
		if err != nil {
			return nil, err
		}
	}
	return changes, nil
}

func (f *Files) path(name string) string { return filepath.Join(f.Dir, filepath.FromSlash(name)) }

// write puts a file there whole or not at all.
func (f *Files) write(name string) error {
	to := f.path(name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(to), ".witgen-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(f.Text[name])
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), to)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

func (f *Files) remove(name string) error {
	if err := os.Remove(f.path(name)); err != nil {
		return err
	}
	for dir := path.Dir(name); dir != f.Out && dir != "."; dir = path.Dir(dir) {
		if os.Remove(f.path(dir)) != nil {
			break // it holds something else
		}
	}
	return nil
}

func isGenerated(file string) (bool, error) {
	text, err := os.ReadFile(file)
	return bytes.HasPrefix(text, []byte(emit.Head)), err
}

// withoutCR undoes what a checkout on Windows may do to line ends.
func withoutCR(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }
