package benchmarks

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

// BenchmarkGuard is what guard and audit log cost a call of an import, side by side with a call that nobody checks: a demand that the last of so many
// grants covers. "varied" asks for another resource each time.
func BenchmarkGuard(b *testing.B) {
	key, err := signature.Generate()
	if err != nil {
		b.Fatal(err)
	}
	log, err := audit.Open(audit.Config{Dir: filepath.Join(b.TempDir(), "audit"), Key: key, Buffer: 1 << 16})
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	points := []capability.Point{{Interface: "airssys:core/host-services@1.0.0", Func: "send-message", Kind: capability.Messaging, Action: "send"}}
	for _, n := range []int{1, 10, 1000} {
		grants := make([]capability.Grant, n)
		for i := range grants {
			grants[i] = capability.Grant{Kind: capability.Messaging, Action: "send", Resource: fmt.Sprintf("orders:ledger-%d", i)}
		}
		last := fmt.Sprintf("orders:ledger-%d", n-1)
		guard := func(opts ...capability.GuardOption) *capability.Guard {
			g, err := capability.NewGuard("orders:intake", grants, points, opts...)
			if err != nil {
				b.Fatal(err)
			}
			return g
		}
		counted := log.Recorder(audit.Subject{Component: "orders:intake"})
		every := log.Recorder(audit.Subject{Component: "orders:intake", Every: true})
		b.Run(fmt.Sprintf("grants=%d/none", n), func(b *testing.B) {
			for b.Loop() {
				unchecked(0, "", last)
			}
		})
		for _, c := range []struct {
			name  string
			guard *capability.Guard
		}{{"guard", guard()}, {"audit", guard(counted.Guard()...)}, {"every", guard(every.Guard()...)}} {
			b.Run(fmt.Sprintf("grants=%d/%s", n, c.name), func(b *testing.B) {
				b.ReportAllocs()
				calls := 0
				for b.Loop() {
					if _, denial := c.guard.Check(0, "", last); denial != nil {
						b.Fatal(denial)
					}
					// The writer takes longer than a call: let it catch up before the buffer is full, which is another measurement.
					if calls++; c.name == "every" && calls%(1<<15) == 0 {
						b.StopTimer()
						if err := log.Commit(b.Context(), audit.Record{Event: audit.Started}); err != nil {
							b.Fatal(err)
						}
						b.StartTimer()
					}
				}
			})
		}
		b.Run(fmt.Sprintf("grants=%d/varied", n), func(b *testing.B) {
			g := guard()
			all := make([]string, n)
			for i := range all {
				all[i] = grants[i].Resource
			}
			i := 0
			for b.Loop() {
				g.Check(0, "", all[i%n])
				i++
			}
		})
	}
}

//go:noinline
func unchecked(int, string, string) (*capability.Token, *capability.Denial) { return nil, nil }
