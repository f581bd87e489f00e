package actor_test

import (
	"context"
	"fmt"

	"github.com/airsstack/witgen/runtime/actor"
)

// A parrot is an actor in Go: a contract without a component behind it.
type parrot struct{ lives *int }

func (p parrot) Start(context.Context) error                  { *p.lives++; return nil }
func (p parrot) Health(context.Context) (actor.Health, error) { return actor.Healthy, nil }
func (p parrot) Stop(context.Context) error                   { return nil }
func (p parrot) Close(context.Context) error                  { return nil }
func (p parrot) Handle(_ context.Context, m *actor.Message) error {
	if string(m.Payload) == "cat" {
		panic("cat!")
	}
	fmt.Printf("%s (life %d)\n", m.Payload, *p.lives)
	return nil
}

func Example() {
	ctx := context.Background()
	system := actor.New()
	defer system.Stop(ctx)

	lives := 0
	polly := actor.Address{Namespace: "zoo", Name: "polly"}
	err := system.Spawn(ctx, actor.Spec{
		Address: polly,
		Factory: func(context.Context, actor.Address) (actor.Contract, error) { return parrot{&lives}, nil },
		Backoff: actor.Backoff{Kind: actor.Immediate},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, text := range []string{"hello", "cat", "hello again"} {
		if err := system.Send(ctx, actor.Address{}, polly, []byte(text)); err != nil {
			fmt.Println(err)
		}
	}
	if err := system.WaitIdle(ctx); err != nil {
		fmt.Println(err)
	}
	letters, _ := system.DeadLetters()
	for _, letter := range letters {
		fmt.Printf("dead letter to %s: %s: %v\n", letter.To, letter.Payload, letter.Err)
	}
	// Output:
	// hello (life 1)
	// hello again (life 2)
	// dead letter to zoo:polly: cat: panic: cat!
}
