package wit

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/airsstack/witgen/wit/syntax"
)

// A LoadOption says how WIT is loaded.
type LoadOption func(*options)

type options struct {
	features    map[string]bool
	allFeatures bool
	deps        []string
}

// WithFeatures turns features on: items that are marked @unstable with one of them
// are kept. Without it they are left out.
func WithFeatures(names ...string) LoadOption {
	return func(o *options) {
		for _, name := range names {
			o.features[name] = true
		}
	}
}

// WithAllFeatures turns every feature on.
func WithAllFeatures() LoadOption {
	return func(o *options) { o.allFeatures = true }
}

// WithDependencies names more files and folders, each as Load takes it, whose
// packages may be used. A package that is there twice must be the same.
func WithDependencies(paths ...string) LoadOption {
	return func(o *options) { o.deps = append(o.deps, paths...) }
}

// Load reads WIT: a file, or a folder of files of one package with its
// dependencies below deps/, as wkg and wit-deps lay them out. Mistakes in it are
// an *[Error], or an [ErrorList] where there are several.
//
// Nothing is kept between loads, which any number of goroutines may make.
func Load(path string, opts ...LoadOption) (*Resolve, error) {
	return load(opts, path, func(path string) root {
		clean := filepath.Clean(path)
		if base := filepath.Base(clean); !fs.ValidPath(base) { // "..", "/"
			return root{os.DirFS(clean), ".", filepath.ToSlash(path)}
		}
		return root{os.DirFS(filepath.Dir(clean)), filepath.Base(clean), filepath.ToSlash(path)}
	})
}

// LoadFS reads WIT as Load does, from files and folders of fsys.
func LoadFS(fsys fs.FS, name string, opts ...LoadOption) (*Resolve, error) {
	return load(opts, name, func(name string) root { return root{fsys, name, name} })
}

func load(opts []LoadOption, path string, open func(path string) root) (*Resolve, error) {
	o := options{features: map[string]bool{}}
	for _, opt := range opts {
		opt(&o)
	}
	src := newSources()
	for i, path := range append([]string{path}, o.deps...) {
		if err := src.readRoot(open(path), i > 0); err != nil {
			return nil, err
		}
	}
	r := &resolver{options: &o, errs: &syntax.ErrorList{}, packages: map[PackageName]*pkg{}, borrows: map[*TypeDef]bool{}}
	r.locks = src.locks
	for _, g := range src.groups {
		r.parse(g)
	}
	resolve := r.resolve()
	if err := r.errs.Err(); err != nil {
		return nil, err
	}
	resolve.Digest = src.digest()
	resolve.Warnings = src.warnings
	for _, l := range src.locks {
		resolve.Warnings = append(resolve.Warnings, l.disagreements(r.packages)...)
	}
	return resolve, nil
}
