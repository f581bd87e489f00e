package actor

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"unsafe"
)

// TestRegistryAgainstAMap does the same to a registry and to a map, under different names of all lengths that mix tells apart.
func TestRegistryAgainstAMap(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	r, want := newRegistry(), map[Address]*process{}
	var names []Address
	for n := range 20 {
		for i := range 40 {
			names = append(names, Address{"n", fmt.Sprintf("%0*d", n, i), ""}, Address{fmt.Sprintf("%0*d", n, i), "n", "i"})
		}
	}
	for step := range 40_000 {
		a := names[random.IntN(len(names))]
		switch p := want[a]; {
		case random.IntN(3) > 0:
			p = &process{address: a, order: uint64(step)}
			r.put(p)
			want[a] = p
		case p != nil:
			r.remove(p)
			delete(want, a)
		}
		b := names[random.IntN(len(names))]
		if got := r.find(&b); got != want[b] {
			t.Fatalf("step %d: %v is %p, want %p", step, b, got, want[b])
		}
	}
	if r.count != len(want) || len(r.inOrder()) != len(want) {
		t.Errorf("%d counted, %d listed, want %d", r.count, len(r.inOrder()), len(want))
	}
	if size := len(*r.table.Load()); size > 4*len(names) {
		t.Errorf("%d slots for at most %d processes", size, len(names))
	}
}

// TestRegistryIsReadWhileItChanges finds what stays while others come and go.
func TestRegistryIsReadWhileItChanges(t *testing.T) {
	t.Parallel()
	r := newRegistry()
	stays := &process{address: Address{"n", "stays", ""}}
	r.put(stays)
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if r.find(&stays.address) != stays {
					t.Error("it is not found")
					return
				}
			}
		})
	}
	for round := range 200 {
		var all []*process
		for i := range 50 {
			p := &process{address: Address{"n", fmt.Sprint(round%3, "-", i), ""}}
			r.put(p)
			all = append(all, p)
		}
		for _, p := range all {
			r.remove(p)
		}
	}
	close(done)
	readers.Wait()
}

// TestRegistryOfManyOwners has several put and remove at once, each at addresses of its own, of which it knows what it is to find
// there; of the others' it finds nothing or what is theirs.
func TestRegistryOfManyOwners(t *testing.T) {
	t.Parallel()
	const owners, addresses, steps = 4, 60, 4000
	r := newRegistry()
	var mu sync.Mutex // as the system's
	var all sync.WaitGroup
	for owner := range owners {
		all.Go(func() {
			random := rand.New(rand.NewPCG(uint64(owner), 3))
			have := map[Address]*process{}
			name := func(owner int) Address { return Address{"n", fmt.Sprint(owner, "-", random.IntN(addresses)), ""} }
			for step := range steps {
				a := name(owner)
				mu.Lock()
				switch p := have[a]; {
				case random.IntN(3) > 0:
					p = &process{address: a, order: uint64(step)}
					r.put(p)
					have[a] = p
				case p != nil:
					r.remove(p)
					delete(have, a)
				}
				mu.Unlock()
				a = name(owner)
				if got := r.find(&a); got != have[a] {
					t.Errorf("%v is %p, want %p", a, got, have[a])
					return
				}
				b := name((owner + 1) % owners)
				if got := r.find(&b); got != nil && got.address != b {
					t.Errorf("%v was found at %v", got.address, b)
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for _, p := range have {
				r.remove(p)
			}
		})
	}
	all.Wait()
	if r.count != 0 || len(r.inOrder()) != 0 {
		t.Errorf("%d are left", r.count)
	}
}

// TestLayout holds that who sends and who handles write to cache lines of their own, and that an actor fits into the allocator's class
// of 1,024 bytes, whose places begin at a cache line.
func TestLayout(t *testing.T) {
	t.Parallel()
	const line, header = 64, 8 // which the allocator puts before what has pointers
	var p process
	if size := unsafe.Sizeof(p) + header; size > 1024 {
		t.Errorf("an actor takes %d bytes", size)
	}
	if unsafe.Sizeof(uintptr(0)) != 8 {
		t.Skip("the layout is for processors of 64 bits")
	}
	box := header + unsafe.Offsetof(p.box)
	writers, reader := (box+unsafe.Offsetof(p.box.waiting))/line, (box+unsafe.Offsetof(p.box.begun))/line
	flags, lock := (header+unsafe.Offsetof(p.gone))/line, (header+unsafe.Offsetof(p.mu))/line
	if writers >= reader || flags >= lock {
		t.Errorf("lines: flags %d, lock %d, writers up to %d, reader from %d", flags, lock, writers, reader)
	}
}

var built *process // kept, so that it is built

// BenchmarkBuild is what the original system's spawn times: the actor's struct, and nothing that starts it.
func BenchmarkBuild(b *testing.B) {
	s := New()
	spec := Spec{Address: Address{"n", "a", ""}, Factory: func(context.Context, Address) (Contract, error) { return nil, nil }}
	b.ReportAllocs()
	for b.Loop() {
		complete, err := spec.complete()
		if err != nil {
			b.Fatal(err)
		}
		built = newProcess(s, complete, 1)
	}
}

// BenchmarkFind finds one of so many processes after another.
func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 100, 10_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			r, all := newRegistry(), make([]Address, n)
			for i := range all {
				all[i] = Address{"bench", strconv.Itoa(i), ""}
				r.put(&process{address: all[i]})
			}
			i := 0
			for b.Loop() {
				if r.find(&all[i%n]) == nil {
					b.Fatal("it is not found")
				}
				i++
			}
		})
	}
}
