package actor_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/actor"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	bad := errors.New("no disk")
	for _, test := range []struct {
		name   string
		says   []func(ctx context.Context) (actor.Health, error) // check by check; then Healthy
		checks int                                               // until it crashes; 0 if it does not
		cause  error
	}{
		{"well", nil, 0, nil},
		{"degraded", feels(actor.Degraded, actor.Degraded, actor.Degraded, actor.Degraded), 0, nil},
		{"unhealthy", feels(actor.Unhealthy, actor.Unhealthy, actor.Unhealthy), 3, nil},
		{"in between", feels(actor.Unhealthy, actor.Unhealthy, actor.Healthy, actor.Unhealthy), 0, nil},
		{"error", []func(context.Context) (actor.Health, error){
			func(context.Context) (actor.Health, error) { return actor.Healthy, bad },
			func(context.Context) (actor.Health, error) { return actor.Healthy, bad },
			func(context.Context) (actor.Health, error) { return actor.Healthy, bad },
		}, 3, bad},
		{"trap", []func(context.Context) (actor.Health, error){
			func(context.Context) (actor.Health, error) { return 0, actor.Crash(errTrap) },
		}, 1, errTrap},
		{"panic", []func(context.Context) (actor.Health, error){
			func(context.Context) (actor.Health, error) { panic(errTrap) },
		}, 1, errTrap},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, a, n := newWorld(t), addr("a"), 0
			spec := actor.Spec{Address: a, Health: actor.HealthCheck{Interval: time.Second}}
			w.mustSpawn(spec, func(int) *guest {
				return &guest{health: func(ctx context.Context) (actor.Health, error) {
					if n++; n > len(test.says) {
						return actor.Healthy, nil
					}
					return test.says[n-1](ctx)
				}}
			})
			for i := range 4 {
				w.clock.Advance(time.Second)
				if test.checks == i+1 {
					e := await[actor.Crashed](w, 1)
					if e.During != actor.OpHealth || e.Message != nil || test.cause != nil && !errors.Is(e.Err, test.cause) {
						t.Errorf("%+v", e)
					}
					break
				}
				w.mustIdle()
			}
			if test.checks != 0 {
				await[actor.Restarting](w, 1)
				w.clock.Advance(100 * time.Millisecond)
				w.mustIdle()
			} else if n != 4 {
				t.Errorf("%d checks", n)
			}
			if info := w.info(a); info.State != actor.StateReady || (info.Stats.Crashes == 1) != (test.checks != 0) {
				t.Errorf("%+v", info)
			}
		})
	}
}

func feels(says ...actor.Health) []func(context.Context) (actor.Health, error) {
	var all []func(context.Context) (actor.Health, error)
	for _, h := range says {
		all = append(all, func(context.Context) (actor.Health, error) { return h, nil })
	}
	return all
}

func TestHealthThatHangs(t *testing.T) {
	t.Parallel()
	w, a, asked := newWorld(t), addr("a"), make(chan struct{})
	spec := actor.Spec{Address: a, Health: actor.HealthCheck{Interval: time.Second, Timeout: time.Minute, Failures: 1}}
	w.mustSpawn(spec, func(life int) *guest {
		return &guest{health: func(ctx context.Context) (actor.Health, error) {
			done := ctx.Done()
			close(asked)
			<-done
			return actor.Healthy, ctx.Err()
		}}
	})
	w.clock.Advance(time.Second)
	<-asked
	w.clock.Advance(time.Minute)
	var e *actor.UnhealthyError
	if crashed := await[actor.Crashed](w, 1); !errors.As(crashed.Err, &e) || !errors.Is(crashed.Err, context.DeadlineExceeded) {
		t.Errorf("%+v", crashed)
	}
}

func TestHealthIsAskedBetweenMessages(t *testing.T) {
	t.Parallel()
	w, a, g, l := newWorld(t), addr("a"), newGate(), new(log)
	w.mustSpawn(actor.Spec{Address: a, Health: actor.HealthCheck{Interval: time.Second}}, func(int) *guest {
		return &guest{
			handle: func(ctx context.Context, m *actor.Message) error { l.add(string(m.Payload)); return g.pass(ctx, m) },
			health: func(context.Context) (actor.Health, error) { l.add("healthy"); return actor.Healthy, nil },
		}
	})
	w.mustSend(a, "1", "2")
	<-g.entered
	w.clock.Advance(time.Hour) // as long as it may take
	g.release <- struct{}{}
	<-g.entered
	g.release <- struct{}{}
	w.mustIdle()
	equal(t, "order", l.all(), []string{"1", "healthy", "2"})
	if h := w.info(a).Health; h != actor.Healthy {
		t.Error(h)
	}
	equal(t, "story", w.story(a), []string{"starting", "started", "health"})
}
