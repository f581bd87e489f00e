package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/airsstack/witgen/internal/tomlpos"
)

// Load reads the manifest at path, a file or a folder that holds a Component.toml, and finds the component that belongs to it:
// the file that the manifest names, else the .wasm with the folder's name, else the only .wasm beside the manifest.
// Mistakes in the manifest are [Errors].
func Load(path string) (*Manifest, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	src, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such manifest; a component has a %s beside its .wasm: %w", path, FileName, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	m, doc, err := parse(path, src)
	if doc == nil {
		return nil, err
	}
	m.find(doc)
	if err := doc.Err(); err != nil {
		return nil, err
	}
	return m, nil
}

// Parse reads the manifest in src; file is what errors call it. It looks at no other file, so that File stays as it is written, "" without one.
// Mistakes are [Errors].
func Parse(file string, src []byte) (*Manifest, error) {
	m, _, err := parse(file, src)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// parse gives the document also when it has mistakes, so that more can be added to them; only a syntax error leaves none.
func parse(name string, src []byte) (*Manifest, *tomlpos.Document, error) {
	doc, err := tomlpos.Parse(name, src)
	if err != nil {
		return nil, nil, err
	}
	m := defaults()
	m.Path, m.src = name, src
	f := written(&m)
	doc.Decode(&f)
	c := check{doc}
	m.dialect = dialectOf(doc)
	c.oneDialect(m.dialect)
	if m.dialect == permissionsDialect {
		c.identity(&m, "package", f.Package)
		c.permissions(&m, &f.Permissions)
		m.required = len(m.grants)
		c.limited(&m, &f.Runtime)
	} else {
		w := &f.Component
		c.identity(&m, "component", identity{w.Name, w.Version, w.Description, w.Authors, w.License})
		c.component(&m, w)
		c.capabilities(&m, &f.Capabilities)
		c.limits(&m, &f.Resources)
		c.quotas(&m, &f.Quota)
	}
	c.supervision(&m, &f.Supervision)
	c.subscriptions(&m, f.Subscriptions)
	c.mailbox(&m, &f.Mailbox)
	c.audit(&m, &f.Audit)
	c.config(&m, f.Config)
	c.env(&m, f.Env)
	return &m, doc, doc.Err()
}

// written gives the file that would say what m says, for decoding over it.
func written(m *Manifest) file {
	s, b, h := m.Supervision, m.Supervision.Backoff, m.Supervision.Health
	return file{
		Supervision: supervision{
			Restart: string(s.Restart), Strategy: string(s.Strategy), MaxRestarts: s.MaxRestarts, Within: duration(s.Within),
			StartupTimeout: duration(s.StartupTimeout), ShutdownTimeout: duration(s.ShutdownTimeout),
			Health:  health{Interval: duration(h.Interval), Timeout: duration(h.Timeout), Failures: h.Failures},
			Backoff: backoff{Kind: string(b.Kind), Base: duration(b.Base), Multiplier: b.Multiplier, Max: duration(b.Max), Jitter: b.Jitter},
		},
		Audit:   audit{Level: string(m.Audit)},
		Mailbox: mailbox{Size: m.Mailbox.Size, DeliveryTimeout: duration(m.Mailbox.DeliveryTimeout)},
	}
}

// read gives the file's bytes; of one that is too long only so many as show that it is.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, tomlpos.MaxBytes+1))
}

// find completes File. The checks of its text are those of parse.
func (m *Manifest) find(doc *tomlpos.Document) {
	dir := filepath.Dir(m.Path)
	if doc.Has("component", "file") {
		m.File = filepath.Join(dir, filepath.FromSlash(m.File))
		if info, err := os.Stat(m.File); err != nil || !info.Mode().IsRegular() {
			doc.Fail(fmt.Sprintf("there is no file %s", m.File), "build the component first, or correct the path", "component", "file")
		}
		return
	}
	full, err := filepath.Abs(dir)
	if err == nil {
		m.File = filepath.Join(dir, filepath.Base(full)+".wasm")
		if info, err := os.Stat(m.File); err == nil && info.Mode().IsRegular() {
			return
		}
	}
	var found []string
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".wasm") && !e.IsDir() {
			found = append(found, e.Name())
		}
	}
	switch len(found) {
	case 1:
		m.File = filepath.Join(dir, found[0])
	case 0:
		doc.FailKey(fmt.Sprintf("there is no component: no .wasm in %s", dir), m.naming("put it there", `name it: file = "path/to/component.wasm"`), m.dialect.tables[0][0])
	default:
		doc.FailKey(fmt.Sprintf("there are %d components in %s: %s", len(found), dir, strings.Join(found, ", ")), m.naming("leave one", fmt.Sprintf("say which: file = %q", found[0])), m.dialect.tables[0][0])
	}
}

// naming is a hint that ends with what only [component] can say.
func (m *Manifest) naming(always, named string) string {
	if m.dialect == permissionsDialect {
		return always
	}
	return always + ", or " + named
}
