package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/airsstack/witgen/runtime/component"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A client speaks to a server that runs as main runs it.
type client struct {
	*http.Client
	base string
	stop func() error // tells the server to stop and waits until it has
}

func serve(t *testing.T, accounts map[string]*account) *client {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, listener, accounts) }()
	c := &client{Client: &http.Client{Transport: &http.Transport{}}, base: "http://" + listener.Addr().String()}
	c.stop = sync.OnceValue(func() error {
		cancel()
		c.CloseIdleConnections() // one that has sent nothing yet is waited for
		return <-ended
	})
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return c
}

// run sends a program and gives the answer.
func (c *client) run(ctx context.Context, token, program string) (status int, text string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/run", strings.NewReader(program))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, strings.TrimSuffix(string(b), "\n"), err
}

func (c *client) stats(t *testing.T) (s struct {
	Made, Reset, Closed, Ready, Waiting, Memory int
	InUse                                       int    `json:"in-use"`
	Why                                         string `json:"why-anew"`
},
) {
	t.Helper()
	resp, err := c.Get(c.base + "/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAnswers runs programs that end well and ill.
func TestAnswers(t *testing.T) {
	accounts := tenants()
	accounts["bob"].limits.CallTime = 0 // it is to meet its limit of fuel
	accounts["kim"] = newAccount("kim", component.Limits{Memory: 1 << 20})
	c := serve(t, accounts)
	for _, test := range []struct {
		token, program string
		status         int
		text           string
	}{
		{"ann", "6 7 * .", 200, "42"},
		{"ann", ": fac dup 2 < if drop 1 else dup 1 - fac * then ; 20 fac .", 200, "2432902008176640000"},
		{"ann", "0 begin dup . 1 + dup 5 = until", 200, "0 1 2 3 4"},
		{"ann", "5 !n @n . @other .", 200, "5 0"},
		{"bob", "@n . 7 !shared-n @shared-n .", 200, "0 7"},
		{"", "1 .", 401, "no account has that token"},
		{"bob", "1 !n", 403, `permission-denied at "!n"`},
		{"ann", "1 boo", 400, `unknown-word at "boo"`},
		{"ann", "1 +", 400, `stack-empty at "+"`},
		{"ann", ": again again ; again", 400, `too-deep at "again"`},
		{"kim", "begin 123456789012345 . 0 until", 400, `out-of-memory at "."`},
		{"ann", "1 0 /", 422, "integer divide by zero"},
		{"bob", "begin 0 until", 422, "out of fuel"},
		{"ann", strings.Repeat("1 drop ", 10_000), 413, "too large"},
	} {
		status, text, err := c.run(context.Background(), test.token, test.program)
		if err != nil || status != test.status || !strings.Contains(text, test.text) {
			t.Errorf("%.40q: %d %.200q, %v; want %d %q", test.program, status, text, err, test.status, test.text)
		}
	}
	if s := c.stats(t); s.Reset == 0 || s.InUse != 0 || s.Why != "" {
		t.Errorf("got %+v", s)
	}
}

// TestManyTenants has many tenants count, each in a cell of its own of the same
// name, beside one who sends what does not end, fills what it may have, and asks
// for more than it is given at a time.
func TestManyTenants(t *testing.T) {
	const honest, rounds = 20, 25
	accounts := map[string]*account{"mallory": newAccount("mallory", small, cellsTo("read", "*"), cellsTo("write", "*"))}
	for i := range honest {
		name := fmt.Sprintf("tenant-%d", i)
		accounts[name] = newAccount(name, small, cellsTo("read", "*"), cellsTo("write", "n"))
	}
	c := serve(t, accounts)
	over, cancel := context.WithCancel(context.Background())
	defer cancel()
	var attacks, all sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for i := range 30 {
		attack := []string{
			"begin 0 until", "0 begin dup . 0 until", ": a a ; a", "1 0 /", strings.Repeat(": x ; ", 300),
			"0 begin dup !n 1 + 0 until",
		}[i%6]
		attacks.Go(func() {
			for over.Err() == nil {
				status, _, err := c.run(over, "mallory", attack)
				if err != nil {
					continue
				}
				mu.Lock()
				statuses[status]++
				mu.Unlock()
			}
		})
	}
	for i := range honest {
		all.Go(func() {
			for round := range rounds {
				status, text, err := c.run(context.Background(), fmt.Sprintf("tenant-%d", i), "@n 1 + dup !n .")
				if want := fmt.Sprint(round + 1); err != nil || status != 200 || text != want {
					t.Errorf("tenant %d: %d %q, %v; want 200 %s", i, status, text, err, want)
				}
			}
		})
	}
	all.Wait()
	cancel()
	attacks.Wait()
	if err := c.stop(); err != nil {
		t.Error(err)
	}
	t.Logf("the hostile one got %v", statuses)
	if statuses[422] == 0 || statuses[400] == 0 || statuses[429] == 0 || statuses[200]+statuses[500] > 0 {
		t.Errorf("the hostile one got %v", statuses)
	}
}

// TestStopLetsRequestsEnd stops the server while a program runs.
func TestStopLetsRequestsEnd(t *testing.T) {
	c := serve(t, map[string]*account{"ann": newAccount("ann", component.Limits{CallTime: 300 * time.Millisecond})})
	type answered struct {
		status int
		err    error
	}
	ask := func() <-chan answered {
		done := make(chan answered, 1)
		go func() {
			status, _, err := c.run(context.Background(), "ann", "begin 0 until")
			done <- answered{status, err}
		}()
		return done
	}
	done := ask()
	for c.stats(t).InUse == 0 {
		if len(done) > 0 { // it ended before anyone saw it at work
			done = ask()
		}
	}
	if err := c.stop(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if a := <-done; a.err != nil || a.status != http.StatusGatewayTimeout {
		t.Errorf("the request at hand got %d, %v", a.status, a.err)
	}
	if _, _, err := c.run(context.Background(), "ann", "1 ."); !errors.As(err, new(*net.OpError)) {
		t.Errorf("a request afterwards got %v", err)
	}
}
