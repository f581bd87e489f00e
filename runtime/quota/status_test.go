package quota_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/quota"
)

func TestStatusAsJSON(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status quota.Status
		want   string
	}{
		{quota.Status{Of: "bytes", Usage: quota.Usage{Used: 3, Limit: 12}}, `{"of":"bytes","used":3,"limit":12,"available":9,"percentage":25}`},
		{quota.Status{Of: "bytes", Usage: quota.Usage{Used: 3}}, `{"of":"bytes","used":3}`},
	} {
		b, err := json.Marshal(c.status)
		if err != nil || string(b) != c.want {
			t.Errorf("%v: %s, %v", c.status, b, err)
		}
		var back quota.Status
		if err := json.Unmarshal(b, &back); err != nil || back != c.status {
			t.Errorf("%s comes back as %v, %v", b, back, err)
		}
	}
}

func TestExceededErrorSaysWhatAndWhen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  quota.ExceededError
		want string
	}{
		{
			quota.ExceededError{Of: "bytes of a message", Wanted: 2000, Usage: quota.Usage{Limit: 1000}},
			"too many bytes of a message: 2000, and the limit is 1000",
		},
		{
			quota.ExceededError{Of: "messages a second", Wanted: 1, Usage: quota.Usage{Used: 10, Limit: 10}, Retry: 100 * time.Millisecond},
			"too many messages a second: 1 more than 10 of 10 (100%); try again in 100ms",
		},
	} {
		if c.err.Error() != c.want {
			t.Errorf("got  %s\nwant %s", c.err.Error(), c.want)
		}
	}
}

func TestWarningKeepsItsDistance(t *testing.T) {
	t.Parallel()
	var w quota.Warning
	due := func(used, limit uint64) bool { return w.Due(quota.Usage{Used: used, Limit: limit}) }
	for i, step := range []struct {
		used uint64
		want bool
	}{{89, false}, {90, true}, {100, false}, {85, false}, {95, false}, {79, false}, {90, true}} {
		if due(step.used, 100) != step.want {
			t.Errorf("step %d: at %d it is %v", i, step.used, !step.want)
		}
	}
	if due(79, 100) || !due(math.MaxUint64, math.MaxUint64) || due(5, 0) {
		t.Error("at the ends of the numbers")
	}
}
