package abi

import (
	"encoding/binary"
	"unsafe"
)

// Scalar is an element whose lists lie in memory as Go lays out a slice of it
// on a little-endian machine, every bit pattern being a value.
type Scalar interface {
	~uint8 | ~int8 | ~uint16 | ~int16 | ~uint32 | ~int32 | ~uint64 | ~int64
}

// LoadScalars is a copy of the elements that fill b.
func LoadScalars[T Scalar](b []byte) []T {
	var zero T
	size := int(unsafe.Sizeof(zero))
	if size == 1 && len(b) > 0 { // append does not clear what it is about to fill
		return append([]T(nil), unsafe.Slice((*T)(unsafe.Pointer(&b[0])), len(b))...)
	}
	out := make([]T, len(b)/size)
	if len(out) == 0 {
		return out
	}
	if littleEndian {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(out))), len(b)), b)
		return out
	}
	for i := range out {
		out[i] = T(loadLittle(b[i*size:], size))
	}
	return out
}

// StoreScalars writes the elements of v from ptr, where AllocList made room.
func StoreScalars[T Scalar](cx *Context, ptr uint32, v []T) {
	if len(v) == 0 {
		return
	}
	size := int(unsafe.Sizeof(v[0]))
	if littleEndian {
		copy(cx.mem[ptr:], unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*size))
		return
	}
	for i, e := range v {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(e))
		copy(cx.mem[int(ptr)+i*size:], b[:size])
	}
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

func loadLittle(b []byte, size int) uint64 {
	var v uint64
	for i := range size {
		v |= uint64(b[i]) << (8 * i)
	}
	return v
}
