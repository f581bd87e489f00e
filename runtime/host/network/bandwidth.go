package network

import (
	"context"
	"time"

	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
)

// piece is how many bytes are sent between two looks at the bandwidth.
const piece = 64 << 10

// await waits until there is bandwidth, and then for what do does; see sock.await.
// do tells how many bytes it has moved.
func (in *instance) await(ctx context.Context, s *sock, set func(time.Time) error, limit uint32, do func() (int, error)) (n int, err error) {
	if err := in.afford(ctx, s, limit); err != nil {
		return 0, err
	}
	err = s.await(ctx, set, limit, func() (err error) {
		n, err = do()
		return err
	})
	in.bandwidth.Use(uint64(n))
	return n, err
}

// afford waits until there is bandwidth, at most for limit milliseconds; 0 is
// without end.
func (in *instance) afford(ctx context.Context, s *sock, limit uint32) error {
	owed := in.bandwidth.Owed()
	if owed == 0 {
		return nil
	}
	if s.options.NonBlocking {
		return &types.NetworkErrorWouldBlock{Value: "the bandwidth that it may use is used up for " + owed.String()}
	}
	end := ctx
	if limit > 0 {
		var cancel context.CancelFunc
		end, cancel = context.WithTimeout(ctx, time.Duration(limit)*time.Millisecond)
		defer cancel()
	}
	switch {
	case in.bandwidth.Wait(end.Done()):
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return errTimeout
}
