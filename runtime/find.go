package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/manifest"
)

// ErrNoComponents says that a folder has no manifest in it.
var ErrNoComponents = errors.New("no components here")

// Find reads the manifests that a path names: the manifest itself, the one in
// that folder, or those in the folders right below it, in the order of their
// names. Errors of all of them are joined.
func Find(name string) ([]*manifest.Manifest, error) {
	files, err := manifestFiles(name)
	if err != nil {
		return nil, err
	}
	var manifests []*manifest.Manifest
	var errs []error
	for _, f := range files {
		m, err := manifest.Load(f)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if i := slices.IndexFunc(manifests, func(o *manifest.Manifest) bool { return o.Name == m.Name }); i >= 0 {
			errs = append(errs, fmt.Errorf("%s: the name %s is taken by %s", f, m.Name, manifests[i].Path))
			continue
		}
		manifests = append(manifests, m)
	}
	return manifests, errors.Join(errs...)
}

// manifestFiles are the manifests that a path names.
func manifestFiles(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return manifestsIn(name)
	}
	return []string{name}, nil
}

func manifestsIn(dir string) ([]string, error) {
	own := filepath.Join(dir, manifest.FileName)
	if _, err := os.Stat(own); err == nil {
		return []string{own}, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files, err := fs.Glob(os.DirFS(dir), path.Join("*", manifest.FileName))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: %w: neither the folder nor one right below it has a %s", dir, ErrNoComponents, manifest.FileName)
	}
	for i, f := range files {
		files[i] = filepath.Join(dir, filepath.FromSlash(f))
	}
	return files, nil
}

// startOrder puts a component behind those that it may send to, so that they
// are there when it starts. Rings keep the order given.
func startOrder(manifests []*manifest.Manifest) []*manifest.Manifest {
	var order []*manifest.Manifest
	seen := map[*manifest.Manifest]bool{}
	var visit func(m *manifest.Manifest)
	visit = func(m *manifest.Manifest) {
		if seen[m] {
			return
		}
		seen[m] = true
		for _, to := range manifests {
			if maySend(m, to.Name) {
				visit(to)
			}
		}
		order = append(order, m)
	}
	for _, m := range manifests {
		visit(m)
	}
	return order
}

func maySend(m *manifest.Manifest, to string) bool {
	return slices.ContainsFunc(m.Grants(), func(g capability.Grant) bool {
		if g.Kind != capability.Messaging {
			return false
		}
		p, err := capability.ParsePattern(g.Kind, g.Resource)
		return err == nil && p.Match(to)
	})
}
