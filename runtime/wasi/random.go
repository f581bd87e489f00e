package wasi

import (
	"context"
	crypto "crypto/rand"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/airsstack/witgen/runtime/cm"
)

// maxRandom bounds what one call gives, since its length is the guest's claim.
const maxRandom = 16 << 20

func checkRandom(n uint64) error {
	if n > maxRandom {
		return fmt.Errorf("%d random bytes were asked for at once: the host gives up to %d", n, maxRandom)
	}
	return nil
}

// secure is randomness for secrets.
type secure struct{}

func (secure) GetRandomBytes(_ context.Context, n uint64) ([]byte, error) {
	if err := checkRandom(n); err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err := crypto.Read(b)
	return b, err
}

func (secure) GetRandomU64(context.Context) (uint64, error) { return randomU64() }

func randomU64() (uint64, error) {
	var b [8]byte
	_, err := crypto.Read(b[:])
	return binary.LittleEndian.Uint64(b[:]), err
}

// cheap is randomness for hash tables and games.
type cheap struct{}

func (cheap) GetInsecureRandomBytes(_ context.Context, n uint64) ([]byte, error) {
	if err := checkRandom(n); err != nil {
		return nil, err
	}
	b := make([]byte, (n+7)&^7)
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], rand.Uint64())
	}
	return b[:n], nil
}

func (cheap) GetInsecureRandomU64(context.Context) (uint64, error) { return rand.Uint64(), nil }

// A seed is the same as often as an instance asks.
type seed struct {
	once  sync.Once
	value cm.Tuple2[uint64, uint64]
}

func (s *seed) InsecureSeed(context.Context) (cm.Tuple2[uint64, uint64], error) {
	s.once.Do(func() { s.value.F0, s.value.F1 = rand.Uint64(), rand.Uint64() })
	return s.value, nil
}
