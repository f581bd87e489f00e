//go:build amd64 || arm64

package memory

import "os"

// isTouched reads an entry of Linux's pagemap: a page is present, or it was
// swapped or is on its way somewhere [Documentation/admin-guide/mm/pagemap.rst].
func isTouched(entry uint64) bool { return entry>>62 != 0 }

// openPages opens what the system tells of the process's pages, nil where it
// does not, or what it tells is not so: there are systems that are only like
// Linux, and a page taken for untouched would show one tenant's data to another.
func openPages() *os.File {
	f, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return nil
	}
	const pages = 4
	r := reserve(uint64(pages * systemPage))
	if r == nil {
		f.Close()
		return nil
	}
	defer r.release()
	for _, touch := range []int{2, 0} { // the second time with one more
		r.buf[touch*systemPage] = 1
		var entries [pages]uint64
		if !readPages(f, r.buf, entries[:]) || !isTouched(entries[2]) ||
			isTouched(entries[0]) != (touch == 0) || isTouched(entries[1]) || isTouched(entries[3]) {
			f.Close()
			return nil
		}
	}
	return f
}
