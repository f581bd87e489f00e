package runtime

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/manifest"
)

// A Change is what became of one manifest that has changed, itself or its
// component.
type Change struct {
	Path     string             // of the manifest
	Manifest *manifest.Manifest // nil if it cannot be read; the last one that was in force, where it is gone
	Started  bool               // it was not there before
	Stopped  bool               // it is not there any more
	Err      error              // what runs goes on as it was
}

// A Watch takes up what changes in the manifests that paths name, as Find finds
// them, and in their components. What matters is what is in the files, not when
// they were written. The component of a manifest that is gone is stopped; see
// Host.Remove. One whose own file is gone goes on.
//
// Its methods may be called from any goroutine. It holds nothing that must be
// freed.
type Watch struct {
	host  *Host
	paths []string

	mu   sync.Mutex
	seen map[string]*sighting // by the manifest's path
}

// A sighting is what a manifest and its component were when they were last
// looked at.
type sighting struct {
	name     string // of the component that was started from it
	taken    digest // what was taken up, or found to be wrong
	now      digest
	files    [2]stamp
	vanished bool
	missed   int // looks in a row at which there was no manifest
}

type digest struct{ manifest, component [sha256.Size]byte }

// A stamp tells that a file has not been written, without reading it.
type stamp struct {
	path string
	size int64
	time time.Time
}

// Watch begins to watch manifests that paths name. It is called before these are
// started, so that no change is missed in between.
func (h *Host) Watch(manifests []*manifest.Manifest, paths ...string) *Watch {
	w := &Watch{host: h, paths: paths, seen: map[string]*sighting{}}
	for _, m := range manifests {
		s := &sighting{name: m.Name}
		s.look(m.Path, true)
		s.taken = s.now
		w.seen[m.Path] = s
	}
	return w
}

// Reload takes up what has changed since it was last looked at, each by
// Host.Reload, and tells what became of it.
func (w *Watch) Reload(ctx context.Context) []Change { return w.reload(ctx, false) }

// Run looks at the files again and again, and tells of each change, until ctx
// ends. What changes from one look to the next is still being written, and is
// taken up by the one after it.
func (w *Watch) Run(ctx context.Context, clock actor.Clock, every time.Duration, tell func(Change)) {
	for {
		passed := make(chan struct{})
		timer := clock.AfterFunc(every, func() { close(passed) })
		select {
		case <-passed:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		for _, c := range w.reload(ctx, true) {
			tell(c)
		}
	}
}

func (w *Watch) reload(ctx context.Context, patient bool) []Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	changes := w.removed(ctx, patient) // first, so that a manifest that moved finds its name free
	for _, path := range w.files() {
		s := w.seen[path]
		if s == nil {
			s = &sighting{}
			w.seen[path] = s
		}
		if moved := s.look(path, !patient); s.now == s.taken || s.vanished || patient && moved {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		s.taken = s.now
		changes = append(changes, w.take(ctx, path, s))
	}
	return changes
}

// removed stops the components whose manifests are gone: twice in a row where
// there is patience, since a manifest may be replaced by taking it away first.
func (w *Watch) removed(ctx context.Context, patient bool) (changes []Change) {
	for _, path := range slices.Sorted(maps.Keys(w.seen)) {
		s := w.seen[path]
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			s.missed = 0
			continue
		}
		if s.missed++; patient && s.missed < 2 || ctx.Err() != nil {
			continue
		}
		if s.name == "" { // it never ran
			delete(w.seen, path)
			continue
		}
		c := Change{Path: path, Stopped: true}
		if a, err := actor.Parse(s.name); err != nil {
			c.Err = err
		} else {
			c.Manifest, c.Err = w.host.Remove(ctx, a)
		}
		if c.Err == nil {
			delete(w.seen, path)
		}
		changes = append(changes, c)
	}
	return changes
}

// files are the manifests that the paths name now; a path that names none has
// none.
func (w *Watch) files() []string {
	var all []string
	for _, path := range w.paths {
		files, err := manifestFiles(path)
		if err != nil {
			continue
		}
		all = append(all, files...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (w *Watch) take(ctx context.Context, path string, s *sighting) Change {
	m, err := manifest.Load(path)
	if err != nil {
		return Change{Path: path, Err: err}
	}
	c := Change{Path: path, Manifest: m, Started: s.name == ""}
	for other, o := range w.seen {
		if o != s && o.name == m.Name {
			c.Err = fmt.Errorf("%s: the name %s is taken by %s", path, m.Name, other)
			return c
		}
	}
	if s.name != "" && s.name != m.Name {
		c.Err = &StartError{m, &ChangeError{"component.name", s.name, m.Name}}
		return c
	}
	if c.Err = w.host.Reload(ctx, m); c.Err == nil {
		s.name = m.Name
	}
	return c
}

// look reads what is there now, and tells whether it has changed since the last
// look.
func (s *sighting) look(path string, closely bool) (moved bool) {
	file := ""
	if m, err := manifest.Load(path); err == nil {
		file = m.File
	}
	stamps := [2]stamp{stampOf(path), stampOf(file)}
	if s.vanished = stamps[0] == (stamp{}); s.vanished {
		return false
	}
	if stamps == s.files && stamps[0].settled() && stamps[1].settled() && !closely {
		return false
	}
	s.files = stamps
	before := s.now
	s.now = digest{sum(path), sum(file)}
	return s.now != before
}

// stampOf is that of a file; of one that is not there it is the zero stamp.
func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{path, info.Size(), info.ModTime()}
}

// settled reports whether a file that is written from now on will have another
// stamp: file systems count in as much as two seconds.
func (s stamp) settled() bool { return time.Since(s.time) > 3*time.Second }

// sum is that of what is in a file; of one that cannot be read it is zero.
func sum(path string) (digest [sha256.Size]byte) {
	f, err := os.Open(path)
	if err != nil {
		return digest
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return digest
	}
	h.Sum(digest[:0])
	return digest
}
