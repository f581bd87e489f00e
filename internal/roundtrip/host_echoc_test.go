package roundtrip_test

import (
	"context"

	ctypes "github.com/airsstack/witgen/internal/roundtrip/echoc/demo/echoc/types"
	"github.com/airsstack/witgen/runtime/cm"
)

// echoCHost answers every import of the guest echo-c with what it was given.
type echoCHost struct{ *witness }

func (w echoCHost) EchoU8(_ context.Context, v uint8) (uint8, error) { return see(w.witness, v) }

func (w echoCHost) EchoS64(_ context.Context, v int64) (int64, error) { return see(w.witness, v) }

func (w echoCHost) EchoF32(_ context.Context, v float32) (float32, error) { return see(w.witness, v) }

func (w echoCHost) EchoChar(_ context.Context, v rune) (rune, error) { return see(w.witness, v) }

func (w echoCHost) EchoString(_ context.Context, v string) (string, error) { return see(w.witness, v) }

func (w echoCHost) EchoBytes(_ context.Context, v []byte) ([]byte, error) { return see(w.witness, v) }

func (w echoCHost) EchoItems(_ context.Context, v []ctypes.Item) ([]ctypes.Item, error) {
	return see(w.witness, v)
}

func (w echoCHost) EchoValue(_ context.Context, v ctypes.Value) (ctypes.Value, error) {
	return see(w.witness, v)
}

func (w echoCHost) EchoValues(_ context.Context, v []ctypes.Value) ([]ctypes.Value, error) {
	return see(w.witness, v)
}

func (w echoCHost) EchoWide(_ context.Context, v ctypes.Wide) (ctypes.Wide, error) {
	return see(w.witness, v)
}

func (w echoCHost) EchoPerms(_ context.Context, v ctypes.Perms) (ctypes.Perms, error) {
	return see(w.witness, v)
}

func (w echoCHost) EchoOption(_ context.Context, v cm.Option[string]) (cm.Option[string], error) {
	return see(w.witness, v)
}
