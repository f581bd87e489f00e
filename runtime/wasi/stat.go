package wasi

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io/fs"
	"time"

	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/clocks/wallclock"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/filesystem/types"
)

func typeOf(mode fs.FileMode) types.DescriptorType {
	switch {
	case mode.IsRegular():
		return types.DescriptorTypeRegularFile
	case mode.IsDir():
		return types.DescriptorTypeDirectory
	case mode&fs.ModeSymlink != 0:
		return types.DescriptorTypeSymbolicLink
	case mode&fs.ModeNamedPipe != 0:
		return types.DescriptorTypeFIFO
	case mode&fs.ModeSocket != 0:
		return types.DescriptorTypeSocket
	case mode&fs.ModeCharDevice != 0:
		return types.DescriptorTypeCharacterDevice
	case mode&fs.ModeDevice != 0:
		return types.DescriptorTypeBlockDevice
	}
	return types.DescriptorTypeUnknown
}

// identity is what the operating system knows of a file beyond fs.FileInfo.
type identity struct {
	device, file, links uint64
	accessed, changed   time.Time
}

func statOf(info fs.FileInfo) types.DescriptorStat {
	id := identityOf(info)
	return types.DescriptorStat{
		Type:                      typeOf(info.Mode()),
		LinkCount:                 id.links,
		Size:                      uint64(info.Size()),
		DataAccessTimestamp:       maybe(id.accessed),
		DataModificationTimestamp: maybe(info.ModTime()),
		StatusChangeTimestamp:     maybe(id.changed),
	}
}

func maybe(t time.Time) cm.Option[wallclock.Datetime] {
	if t.IsZero() {
		return cm.None[wallclock.Datetime]()
	}
	return cm.Some(datetime(t))
}

// hashKey keeps hashes from telling the numbers that the host's disk has.
var hashKey = func() (key [32]byte) {
	_, _ = rand.Read(key[:]) // never fails
	return key
}()

func hashOf(info fs.FileInfo) types.MetadataHashValue {
	id := identityOf(info)
	b := hashKey[:len(hashKey):len(hashKey)]
	for _, n := range []uint64{id.device, id.file, uint64(info.Size()), uint64(info.ModTime().UnixNano())} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	sum := sha256.Sum256(b)
	return types.MetadataHashValue{Lower: binary.LittleEndian.Uint64(sum[:]), Upper: binary.LittleEndian.Uint64(sum[8:])}
}
