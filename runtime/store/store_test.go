package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/airsstack/witgen/runtime/store"
)

func open(t *testing.T, path string) *store.Store {
	t.Helper()
	s, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 { // closing it again is nothing
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

func fresh(t *testing.T) *store.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "below", "values.db"))
}

func set(t *testing.T, n *store.Namespace, key, value string) {
	t.Helper()
	if err := n.Set(key, []byte(value)); err != nil {
		t.Fatal(err)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	n := s.Namespace("component:demo:a", 0)
	if _, err := n.Get("k"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before anything is there: %v", err)
	}
	if err := n.Delete("k"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("before anything is there: %v", err)
	}
	if u, err := n.Usage(); err != nil || u != (store.Usage{Quota: store.DefaultQuota}) {
		t.Errorf("%+v, %v", u, err)
	}
	set(t, n, "k", "one")
	set(t, n, "empty", "")
	set(t, n, "k", "two")
	set(t, n, "ключ:1", "три")
	for key, want := range map[string]string{"k": "two", "empty": "", "ключ:1": "три"} {
		if got, err := n.Get(key); err != nil || got == nil || string(got) != want {
			t.Errorf("%s: %q, %v", key, got, err)
		}
		if there, err := n.Exists(key); !there || err != nil {
			t.Errorf("%s: %v, %v", key, there, err)
		}
	}
	want := uint64(len("k"+"two"+"empty"+"ключ:1"+"три") + 3*store.PerValue)
	if u, err := n.Usage(); err != nil || u.Used != want || u.Keys != 3 {
		t.Errorf("%+v, %v; want %d bytes", u, err, want)
	}
	for _, key := range []string{"k", "empty", "ключ:1"} {
		if err := n.Delete(key); err != nil {
			t.Error(err)
		}
		if there, err := n.Exists(key); there || err != nil {
			t.Errorf("%s: %v, %v", key, there, err)
		}
	}
	if u, err := n.Usage(); err != nil || u.Used != 0 || u.Keys != 0 {
		t.Errorf("%+v, %v", u, err)
	}
}

// What one namespace holds is not there for another, whatever they are called.
func TestNamespacesAreApart(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	names := []string{"a", "a:b", "values", "usage", "A"}
	for _, name := range names {
		set(t, s.Namespace(name, 0), "values", name)
	}
	for _, name := range names {
		n := s.Namespace(name, 0)
		if v, err := n.Get("values"); string(v) != name || err != nil {
			t.Errorf("%s: %q, %v", name, v, err)
		}
		if keys, err := n.Keys("", 0); !slices.Equal(keys, []string{"values"}) || err != nil {
			t.Errorf("%s: %q, %v", name, keys, err)
		}
	}
	if err := errors.Join(s.Drop("a"), s.Drop("nobody")); err != nil {
		t.Fatal(err)
	}
	left, err := s.Namespaces()
	if want := []string{"A", "a:b", "usage", "values"}; !slices.Equal(left, want) || err != nil {
		t.Errorf("%q, %v", left, err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	n := fresh(t).Namespace("n", 0)
	for _, key := range []string{"b", "a:2", "a:10", "ab", "a"} {
		set(t, n, key, "")
	}
	for _, test := range []struct {
		prefix string
		most   int
		want   string
	}{
		{"", 0, "a a:10 a:2 ab b"}, {"a:", 0, "a:10 a:2"}, {"a", 2, "a a:10"}, {"c", 0, ""}, {"b", 9, "b"}, {"bb", 0, ""},
	} {
		keys, err := n.Keys(test.prefix, test.most)
		if got := strings.Join(keys, " "); got != test.want || err != nil {
			t.Errorf("%q: %s, %v; want %s", test.prefix, got, err, test.want)
		}
	}
}

func TestBadKeys(t *testing.T) {
	t.Parallel()
	n := fresh(t).Namespace("n", 0)
	for key, problem := range map[string]string{
		"":                                  "is empty",
		strings.Repeat("k", store.MaxKey+1): "is longer",
		"a\x00b":                            "control character",
		"a\nb":                              "control character",
		"\xff":                              "not valid UTF-8",
		strings.Repeat("ж", store.MaxKey/2) + "ж": "is longer",
	} {
		_, got := n.Get(key)
		_, exists := n.Exists(key)
		for _, err := range []error{got, exists, n.Set(key, nil), n.Delete(key)} {
			if e, ok := errors.AsType[*store.KeyError](err); !ok || !strings.Contains(err.Error(), problem) || len(e.Key) > 80 {
				t.Errorf("%.20q: %v", key, err)
			}
		}
	}
	set(t, n, strings.Repeat("k", store.MaxKey), "")
}

func TestQuota(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	n := s.Namespace("n", 100)
	full := func(err error, used uint64) {
		t.Helper()
		e, ok := errors.AsType[*store.QuotaError](err)
		if !ok || e.Used != used || e.Quota != 100 || e.Namespace != "n" {
			t.Errorf("%+v", err)
		}
	}
	full(n.Set("k", make([]byte, 100-store.PerValue)), 0)
	set(t, n, "k", strings.Repeat("v", 99-store.PerValue))
	full(n.Set("k", make([]byte, 100-store.PerValue)), 100)
	full(n.Set("l", nil), 100)
	set(t, n, "k", "v") // in place of it there is room
	set(t, n, "l", "")
	if u, _ := n.Usage(); u.Used != 2+1+2*store.PerValue || u.Keys != 2 {
		t.Errorf("%+v", u)
	}
	// A lower quota keeps what is there, and lets it shrink.
	less := s.Namespace("n", 10)
	if v, err := less.Get("k"); string(v) != "v" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	set(t, less, "k", "")
	if err := less.Set("k", []byte("v")); err == nil {
		t.Error("it grew beyond its quota")
	}
	if err := n.Set("big", make([]byte, store.MaxValue+1)); !errors.As(err, new(*store.ValueError)) {
		t.Errorf("a value that is too large: %v", err)
	}
}

// A sum of sizes cannot be made to wrap around.
func TestQuotaAtTheEdge(t *testing.T) {
	t.Parallel()
	n := fresh(t).Namespace("n", 1<<64-1)
	set(t, n, "k", "v")
	if u, err := n.Usage(); err != nil || u.Quota != 1<<64-1 || u.Used != 2+store.PerValue {
		t.Errorf("%+v, %v", u, err)
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v.db")
	s := open(t, path)
	set(t, s.Namespace("n", 0), "k", "v")
	if _, err := store.Open(path); !errors.Is(err, store.ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	n := s.Namespace("n", 0)
	_, get := n.Get("k")
	_, usage := n.Usage()
	_, keys := n.Keys("", 0)
	for _, err := range []error{get, usage, keys, n.Set("k", nil), n.Delete("k"), s.Drop("n")} {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("after closing: %v", err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	if v, err := open(t, path).Namespace("n", 0).Get("k"); string(v) != "v" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}

// A file that is none, or is damaged, is an error and no panic.
func TestDamaged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "v.db")
	s := open(t, path)
	for i := range 200 {
		set(t, s.Namespace("n", 0), fmt.Sprint(i), strings.Repeat("v", 100))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, damage := range []func([]byte) []byte{
		func(b []byte) []byte { return b[:10] },
		func(b []byte) []byte { return bytes.Repeat([]byte("no database"), 2000) },
		func(b []byte) []byte { clear(b[4*os.Getpagesize():]); return b },
	} {
		bad := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(bad, damage(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := store.Open(bad)
		if err == nil {
			_, err = s.Namespace("n", 0).Get("7")
			_ = s.Close()
		}
		if e, ok := errors.AsType[*store.Error](err); !ok || e.Path != bad {
			t.Errorf("damage %d: %v", i, err)
		}
	}
}

func TestMany(t *testing.T) {
	t.Parallel()
	s := fresh(t)
	var all sync.WaitGroup
	for i := range 8 {
		n := s.Namespace(fmt.Sprint("n", i%2), 0)
		all.Go(func() {
			for j := range 10 {
				key := fmt.Sprint(i, ":", j)
				if err := n.Set(key, []byte(key)); err != nil {
					t.Error(err)
				}
				if j%3 == 0 {
					if err := n.Delete(key); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	for _, name := range []string{"n0", "n1"} {
		balanced(t, s.Namespace(name, 0))
	}
}

// balanced holds what a namespace says that it takes to what it holds.
func balanced(t *testing.T, n *store.Namespace) store.Usage {
	t.Helper()
	keys, err := n.Keys("", 0)
	if err != nil {
		t.Fatal(err)
	}
	var used uint64
	for _, key := range keys {
		value, err := n.Get(key)
		if err != nil {
			t.Fatal(err)
		}
		used += uint64(len(key) + len(value) + store.PerValue)
	}
	u, err := n.Usage()
	if err != nil || u.Used != used || u.Keys != uint64(len(keys)) {
		t.Errorf("it says %+v, %v, and holds %d values of %d bytes", u, err, len(keys), used)
	}
	return u
}
