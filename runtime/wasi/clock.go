package wasi

import (
	"context"
	"math"
	"time"

	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/clocks/monotonicclock"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/clocks/timezone"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/clocks/wallclock"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/io/poll"
)

// monotonic counts from the instance's own start, so that it tells nothing of
// the machine's.
type monotonic struct{ start time.Time }

func (m monotonic) Now(context.Context) (monotonicclock.Instant, error) {
	return uint64(time.Since(m.start)), nil
}

func (monotonic) Resolution(context.Context) (monotonicclock.Duration, error) { return 1, nil }

func (m monotonic) SubscribeInstant(ctx context.Context, when monotonicclock.Instant) (poll.Pollable, error) {
	now := uint64(time.Since(m.start))
	return m.SubscribeDuration(ctx, when-min(when, now))
}

func (monotonic) SubscribeDuration(_ context.Context, d monotonicclock.Duration) (poll.Pollable, error) {
	if d == 0 {
		return &pollable{ready: always}, nil
	}
	due := make(chan struct{})
	timer := time.AfterFunc(time.Duration(min(d, math.MaxInt64)), closer(due))
	return &pollable{ready: once(due), end: func() { timer.Stop() }}, nil
}

type wall struct{}

func (wall) Now(context.Context) (wallclock.Datetime, error) { return datetime(time.Now()), nil }

func (wall) Resolution(context.Context) (wallclock.Datetime, error) {
	return wallclock.Datetime{Nanoseconds: 1}, nil
}

// datetime is t as WASI has it, which knows no time before 1970.
func datetime(t time.Time) wallclock.Datetime {
	if t.Unix() < 0 {
		return wallclock.Datetime{}
	}
	return wallclock.Datetime{Seconds: uint64(t.Unix()), Nanoseconds: uint32(t.Nanosecond())}
}

type zone struct{ location *time.Location }

func (z zone) at(when wallclock.Datetime) time.Time {
	location := z.location
	if location == nil {
		location = time.UTC
	}
	return time.Unix(int64(min(when.Seconds, math.MaxInt64)), int64(when.Nanoseconds)).In(location)
}

func (z zone) Display(_ context.Context, when wallclock.Datetime) (timezone.TimezoneDisplay, error) {
	t := z.at(when)
	name, offset := t.Zone()
	return timezone.TimezoneDisplay{UTCOffset: int32(offset), Name: name, InDaylightSavingTime: t.IsDST()}, nil
}

func (z zone) UTCOffset(_ context.Context, when wallclock.Datetime) (int32, error) {
	_, offset := z.at(when).Zone()
	return int32(offset), nil
}
