package wit

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A lock is what a lock file beside the WIT says of its dependencies. It is never
// needed: what lies in deps/ is what is read. But it can say that something else
// was meant to lie there, and where to get what is missing.
//
// The digests in lock files are those of the archives and binaries that the tools
// fetch, of which deps/ holds only the text, so they cannot be compared.
type lock struct {
	// name is what the person calls the file, tool the command that fetches what it
	// names.
	name, tool string
	// versions holds the versions that wkg settled on by package: "wasi:http".
	versions map[string][]string
	// folders holds the names that wit-deps gives folders below deps/.
	folders map[string]bool
}

// knows says whether the file names a package.
func (l *lock) knows(n PackageName) bool {
	return l.versions[n.Namespace+":"+n.Name] != nil || l.folders[n.Name] || l.folders[n.Namespace+"-"+n.Name]
}

// readLocks reads the lock files of a folder. wkg has its own beside the folder with
// the WIT, wit-deps in it.
func (s *sources) readLocks(r root) {
	for _, f := range []struct {
		rel  string
		read func(*lock, string) error
	}{
		{"deps.lock", readWitDepsLock},
		{"wkg.lock", readWkgLock},
		{"../wkg.lock", readWkgLock},
	} {
		name := path.Join(r.name, f.rel)
		if !fs.ValidPath(name) {
			continue
		}
		text, err := fs.ReadFile(r.fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		l := &lock{name: displayOf(r, f.rel)}
		if err == nil {
			err = f.read(l, string(text))
		}
		if err != nil {
			s.warnings = append(s.warnings, fmt.Sprintf("%s is left aside: %v", l.name, err))
			continue
		}
		s.locks = append(s.locks, l)
	}
}

func readWkgLock(l *lock, text string) error {
	var file struct {
		Version  int
		Packages []struct {
			Name     string
			Versions []struct{ Version string }
		}
	}
	if _, err := toml.Decode(text, &file); err != nil {
		return err
	}
	if file.Version != 1 {
		return fmt.Errorf("its version is %d, and only 1 is known", file.Version)
	}
	l.tool, l.versions = "wkg wit fetch", map[string][]string{}
	for _, p := range file.Packages {
		for _, v := range p.Versions {
			l.versions[p.Name] = append(l.versions[p.Name], v.Version)
		}
	}
	return nil
}

func readWitDepsLock(l *lock, text string) error {
	var file map[string]any
	if _, err := toml.Decode(text, &file); err != nil {
		return err
	}
	l.tool, l.folders = "wit-deps", map[string]bool{}
	for name := range file {
		l.folders[name] = true
	}
	return nil
}

// disagreements says where the packages that were read are not of the versions that
// a lock file settled on.
func (l *lock) disagreements(packages map[PackageName]*pkg) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(l.versions)) {
		var have []string
		locked := false
		for n := range packages {
			if n.Namespace+":"+n.Name == name && n.Version != "" {
				have = append(have, n.Version)
				locked = locked || slices.Contains(l.versions[name], n.Version)
			}
		}
		if len(have) > 0 && !locked {
			slices.Sort(have)
			out = append(out, fmt.Sprintf("%s settles on %s %s, but what is read is %s; `%s` brings what is locked",
				l.name, name, strings.Join(l.versions[name], ", "), strings.Join(have, ", "), l.tool))
		}
	}
	return out
}
