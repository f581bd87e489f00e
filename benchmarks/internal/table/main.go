// Table reads the output of several runs of the benchmarks and writes a table:
// for each way of doing a thing its shortest time and what that is to the
// shortest of the first way; then the median, over the runs, of the ratio within
// a run. Other work on the machine only ever adds time, so the shortest times
// are the least disturbed, and the medians tell how much there was.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := write(os.Stdout, os.Stdin); err != nil {
		log.Fatal(err)
	}
}

// A way is one way of doing what a benchmark measures.
type way struct {
	name   string
	ns     []float64 // one a run
	allocs string
}

// A benchmark has its ways in the order in which they ran: the first is the floor.
type benchmark struct {
	name string
	ways []*way
}

var (
	line  = regexp.MustCompile(`^Benchmark(\S+?)/?by=([a-z-]+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op(.*)`)
	alloc = regexp.MustCompile(`([\d.]+) allocs/op`)
)

func write(w io.Writer, r io.Reader) error {
	benchmarks, err := read(r)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, "| what | how | time | ratio | median ratio | allocations |\n| --- | --- | --: | --: | --: | --: |")
	for _, b := range benchmarks {
		for i, x := range b.ways {
			name := b.name
			if i > 0 {
				name = ""
			}
			ratios, err := x.against(b.ways[0])
			if err != nil {
				return fmt.Errorf("%s: %w", b.name, err)
			}
			best := slices.Min(x.ns)
			fmt.Fprintf(w, "| %s | %s | %s | %.2f | %.2f | %s |\n",
				name, x.name, duration(best), best/slices.Min(b.ways[0].ns), median(ratios), x.allocs)
		}
	}
	return nil
}

func read(r io.Reader) ([]*benchmark, error) {
	var out []*benchmark
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		m := line.FindStringSubmatch(lines.Text())
		if m == nil {
			if strings.HasPrefix(lines.Text(), "--- FAIL") {
				return nil, fmt.Errorf("a benchmark failed: %s", lines.Text())
			}
			continue
		}
		ns, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return nil, err
		}
		x := find(&out, m[1]).way(m[2])
		x.ns = append(x.ns, ns)
		if a := alloc.FindStringSubmatch(m[4]); a != nil {
			x.allocs = a[1]
		}
	}
	return out, lines.Err()
}

func find(all *[]*benchmark, name string) *benchmark {
	i := slices.IndexFunc(*all, func(b *benchmark) bool { return b.name == name })
	if i < 0 {
		i = len(*all)
		*all = append(*all, &benchmark{name: name})
	}
	return (*all)[i]
}

func (b *benchmark) way(name string) *way {
	i := slices.IndexFunc(b.ways, func(x *way) bool { return x.name == name })
	if i < 0 {
		i = len(b.ways)
		b.ways = append(b.ways, &way{name: name})
	}
	return b.ways[i]
}

// against is the ratio to the floor, run by run.
func (x *way) against(floor *way) ([]float64, error) {
	if len(x.ns) != len(floor.ns) {
		return nil, fmt.Errorf("%s ran %d times and %s %d times", x.name, len(x.ns), floor.name, len(floor.ns))
	}
	ratios := make([]float64, len(x.ns))
	for i := range ratios {
		ratios[i] = x.ns[i] / floor.ns[i]
	}
	return ratios, nil
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// duration has three digits that say something.
func duration(ns float64) string {
	unit := "ns"
	for _, next := range []string{"µs", "ms", "s"} {
		if ns < 1000 {
			break
		}
		ns, unit = ns/1000, next
	}
	digits := 0
	switch {
	case ns < 10:
		digits = 2
	case ns < 100:
		digits = 1
	}
	return strconv.FormatFloat(ns, 'f', digits, 64) + " " + unit
}
