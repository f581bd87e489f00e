package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// TestServe serves a component until it is told to stop, with one request under
// way.
func TestServe(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out, in := io.Pipe()
	cmd := newRootCommand()
	cmd.SetOut(in)
	var errs strings.Builder
	cmd.SetErr(&errs)
	guest := filepath.Join("..", "..", "testdata", "guests", "rust-http", "rust-http.wasm")
	state := t.TempDir()
	cmd.SetArgs([]string{"serve", guest, "--addr", "127.0.0.1:0", "--json", "--allow", "imports=wasi:clocks/*", "--timeout", "1m", "--grace", "1m", "--state", state, "--dev"})
	done := make(chan error, 1)
	go func() {
		done <- cmd.ExecuteContext(ctx)
		_ = in.Close()
	}()
	lines := json.NewDecoder(bufio.NewReader(out))
	next := func() (line struct {
		Event, Actor, Addr, Path, Error string
		Status, Requests, Failed        int
		Bytes                           int64
	},
	) {
		t.Helper()
		if err := lines.Decode(&line); err != nil {
			t.Fatal(err)
		}
		return line
	}
	begin := next()
	if begin.Event != "serving" || begin.Actor != "rust-http.wasm" {
		t.Fatalf("it begins with %+v", begin)
	}
	url := "http://" + begin.Addr
	get := func(path string) (int, string) {
		r, err := http.Get(url + path)
		if err != nil {
			return 0, err.Error()
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(b)
	}
	for path, want := range map[string]int{"/hello": 200, "/trap": 500, "/a%0Ab": 404} {
		status, _ := get(path)
		line := next()
		if status != want || line.Status != want || line.Event != "request" || line.Path != path || (line.Error != "") != (want == 500) {
			t.Errorf("%s gave %d and %+v, want %d", path, status, line, want)
		}
	}
	// One that is under way is finished. It is when its body is asked for, which the
	// client waits for.
	body, feed := io.Pipe()
	answer := make(chan string, 1)
	go func() {
		patient := &http.Transport{ExpectContinueTimeout: time.Minute}
		defer patient.CloseIdleConnections()
		request, _ := http.NewRequest("POST", url+"/echo", body)
		request.Header.Set("Expect", "100-continue")
		r, err := patient.RoundTrip(request)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		answer <- string(b)
	}()
	if _, err := io.WriteString(feed, "one "); err != nil {
		t.Fatal(err)
	}
	cancel()
	for status := 200; status != 0; status, _ = get("/hello") {
		time.Sleep(time.Millisecond) // until it takes no more
		if status != 200 {
			t.Fatalf("it gave %d", status)
		}
	}
	_, _ = io.WriteString(feed, "two")
	_ = feed.Close()
	if got := <-answer; got != "one two" {
		t.Errorf("the request under way gave %q", got)
	}
	last := next()
	for last.Event == "request" {
		last = next()
	}
	if last.Event != "stopped" || last.Failed != 1 || last.Requests < 4 {
		t.Errorf("it ends with %+v", last)
	}
	if err := <-done; err != nil {
		t.Errorf("it ended with %v; %s", err, errs.String())
	}
	var story []string
	err := audit.NewReader(gate.LogDir(state)).Read(func(r *audit.Record) {
		if r.Component == "program:rust-http.wasm" && r.Event != audit.Access {
			story = append(story, strings.TrimSpace(string(r.Event)+" "+r.Decision))
		}
		if r.Event == audit.Crashed && !strings.Contains(r.Reason, "unreachable") {
			t.Errorf("on record it crashed with %q", r.Reason)
		}
	})
	if got := strings.Join(story, ", "); err != nil || got != "approval bypassed, dev-mode granted, start granted, crash, stop" {
		t.Errorf("on record is %s, %v", got, err)
	}
}
