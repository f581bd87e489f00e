package benchmarks

import (
	"context"
	"strings"
	"testing"
)

const kilobyte = 1 << 10

// text is 1 KB of what most strings are.
var text = strings.Repeat("0123456789abcdef", kilobyte/16)

// BenchmarkExportString is one call of echo: 1 KB into the guest, 1 KB back.
func BenchmarkExportString(b *testing.B) { strings1KB(b, "echo") }

// BenchmarkStringViaHost is one call of via-host: 1 KB into the guest, from
// there to the host, back into the guest and out of it.
func BenchmarkStringViaHost(b *testing.B) { strings1KB(b, "via-host") }

func strings1KB(b *testing.B, name string) {
	ctx := context.Background()
	for _, way := range wazeros {
		b.Run(way.name, func(b *testing.B) {
			f := newRawString(rawScalars(b, way.metered), name)
			roundTrip(b, func() (string, error) { return f.call(ctx, text) })
		})
	}
	for _, way := range bindingsWays {
		b.Run(way.name, func(b *testing.B) {
			api := generated(b, way.opts...).API()
			call := api.Echo
			if name == "via-host" {
				call = api.ViaHost
			}
			roundTrip(b, func() (string, error) { return call(ctx, text) })
		})
	}
	b.Run("by=dynamic", func(b *testing.B) {
		f := dynamic(b, name)
		roundTrip(b, func() (string, error) {
			s, err := f.Call(ctx, text)
			if err != nil {
				return "", err
			}
			return s.(string), nil
		})
	})
	b.Run("by=wazy", func(b *testing.B) {
		in := wazyScalars(b)
		roundTrip(b, func() (string, error) { return wazyCall[string](ctx, in, name, text) })
	})
}

func roundTrip(b *testing.B, call func() (string, error)) {
	b.Helper()
	got, err := call()
	if check(b, err); got != text {
		b.Fatalf("got %q", got)
	}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := call(); err != nil || len(got) != kilobyte {
			b.Fatal(len(got), err)
		}
	}
}
