package memory

import (
	"bytes"
	"os"
	"unsafe"
)

// An Image is what a memory held at one time: its size, and stretches of data
// with zeros between them.
type Image struct {
	size uint64
	data []stretch
}

type stretch struct {
	at    int
	bytes []byte
}

// Size is how large the memory was, in bytes.
func (img *Image) Size() uint64 { return img.size }

// Held is how many bytes the image holds itself, which is the less the more of
// the memory is zero.
func (img *Image) Held() (n int) {
	for _, s := range img.data {
		n += len(s.bytes)
	}
	return n
}

// block is how many bytes are zero together or not.
const block = 4 << 10

var zeros [block]byte

// Image takes the image of memory i, in the order in which they were made.
func (s *Set) Image(i int) *Image {
	m := s.all[i].bytes()
	seen := s.pool.touched(s.all[i].region, uint64(len(m)))
	defer s.pool.told(seen)
	img := &Image{size: uint64(len(m))}
	for at := 0; at < len(m); at += block {
		b := m[at : at+block]
		if untouched(seen, at) || bytes.Equal(b, zeros[:]) {
			continue // to read it would be to touch it
		}
		if n := len(img.data); n > 0 && img.data[n-1].at+len(img.data[n-1].bytes) == at {
			img.data[n-1].bytes = append(img.data[n-1].bytes, b...)
			continue
		}
		img.data = append(img.data, stretch{at, bytes.Clone(b)})
	}
	return img
}

// Restore gives memory i the size and the contents that are in an image, and
// reports whether it could; see Resize.
func (s *Set) Restore(i int, img *Image, engine Grower) bool {
	if !s.Resize(i, img.size, engine) {
		return false
	}
	m := s.all[i]
	buf := m.bytes()
	seen := s.pool.touched(m.region, m.size)
	at := 0
	for _, d := range img.data {
		wipe(buf, at, d.at, seen)
		at = d.at + copy(buf[d.at:], d.bytes)
	}
	wipe(buf, at, len(buf), seen)
	s.pool.told(seen)
	return true
}

// wipe makes part of a memory zero. What is zero is not written to: the system
// then needs to give no memory for it. seen tells of each of the system's pages
// whether it was ever touched, and is nil where that is not known.
func wipe(m []byte, from, to int, seen *[]uint64) {
	for at := from; at < to; {
		end := min(at+block-at%block, to)
		if untouched(seen, at) {
			at = min(at+systemPage-at%systemPage, to)
			continue
		}
		if b := m[at:end]; !bytes.Equal(b, zeros[:len(b)]) {
			clear(b)
		}
		at = end
	}
}

// untouched reports whether the system knows that nobody touched a page.
func untouched(seen *[]uint64, at int) bool {
	return seen != nil && !isTouched((*seen)[at/systemPage])
}

var systemPage = os.Getpagesize()

// fewBytes is what is cleared in less time than the system takes to tell what of
// it was touched.
const fewBytes = 256 << 10

// touched is what the system knows of the first pages of a region, nil where it
// cannot be asked. A page that nobody touched is zero: an allocator that is given
// a mebibyte of stack uses some kilobytes of it. told takes it back.
func (p *Pool) touched(r *region, size uint64) *[]uint64 {
	if r == nil || size <= fewBytes {
		return nil
	}
	p.openPages.Do(func() { p.pages = openPages() })
	if p.pages == nil {
		return nil
	}
	n := int(size) / systemPage
	seen, _ := p.seen.Get().(*[]uint64)
	if seen == nil || cap(*seen) < n {
		seen = new(make([]uint64, n))
	}
	*seen = (*seen)[:n]
	if !readPages(p.pages, r.buf, *seen) {
		p.told(seen)
		return nil
	}
	return seen
}

func (p *Pool) told(seen *[]uint64) {
	if seen != nil {
		p.seen.Put(seen)
	}
}

// readPages reads the system's entries for the pages that buf begins with.
func readPages(pages *os.File, buf []byte, entries []uint64) bool {
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(entries))), 8*len(entries))
	at := int64(uintptr(unsafe.Pointer(unsafe.SliceData(buf)))) / int64(systemPage) * 8
	n, err := pages.ReadAt(raw, at)
	return err == nil && n == len(raw)
}
