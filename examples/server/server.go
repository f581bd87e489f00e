package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"

	"github.com/airsstack/witgen/examples/server/tenant"
	"github.com/airsstack/witgen/examples/server/tenant/demo/tenants/script"
	"github.com/airsstack/witgen/runtime/component"
)

//go:embed script/script.wasm
var wasm []byte

// A server runs programs for its accounts.
type server struct {
	rt       *component.Runtime
	pool     *tenant.Pool
	accounts map[string]*account // by token
}

func newServer(ctx context.Context, accounts map[string]*account) (*server, error) {
	rt, err := component.NewRuntime(ctx, component.Config{
		Ceiling: component.Limits{Memory: 64 << 20},
		Host:    component.HostLimits{Memory: 1 << 30},
	})
	if err != nil {
		return nil, err
	}
	factory, err := tenant.Load(ctx, rt, wasm)
	if err != nil {
		return nil, errors.Join(err, rt.Close(ctx))
	}
	pool := factory.Pool(component.PoolOptions{
		Min:         2,
		Max:         4 * runtime.GOMAXPROCS(0), // the guest computes and hardly waits
		TenantMax:   2,                         // so that nobody has them all
		TenantQueue: 16,
	})
	return &server{rt, pool, accounts}, nil
}

// Close frees everything. No request may be at hand.
func (s *server) Close(ctx context.Context) error { return s.rt.Close(ctx) }

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /run", s.run)
	mux.HandleFunc("GET /stats", s.stats)
	return mux
}

// programSize is how large a program may be.
const programSize = 64 << 10

// run runs the program that the request holds.
func (s *server) run(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	account, ok := s.accounts[token]
	if !ok {
		http.Error(w, "no account has that token", http.StatusUnauthorized)
		return
	}
	program, err := io.ReadAll(http.MaxBytesReader(w, r.Body, programSize))
	if err != nil {
		answer(w, err)
		return
	}
	var printed string
	err = s.pool.Do(r.Context(), tenant.Imports{Cells: account}, func(t *tenant.Tenant) (err error) {
		printed, err = t.Script().Run(r.Context(), string(program))
		return err
	}, account.options()...)
	if err != nil {
		answer(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, strings.TrimSpace(printed))
}

// answer tells a client what went wrong.
func answer(w http.ResponseWriter, err error) {
	code := status(err)
	text := err.Error()
	switch fault := (*script.Fault)(nil); {
	case errors.As(err, &fault):
		text = fmt.Sprintf("%v at %q", fault.Reason, fault.Word)
	case code == http.StatusInternalServerError:
		text = "something is wrong with the server" // and nobody else's business
	case code == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, text, code)
}

// status is what HTTP calls an error. The guest's own come first, then what ended
// a call, then why there was no instance.
func status(err error) int {
	if fault, ok := errors.AsType[*script.Fault](err); ok {
		if fault.Reason == script.ReasonPermissionDenied {
			return http.StatusForbidden
		}
		return http.StatusBadRequest
	}
	switch {
	case is[*http.MaxBytesError](err):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, context.Canceled): // the client has gone
		return 499
	case errors.Is(err, context.DeadlineExceeded): // *component.TimeLimitError, too
		return http.StatusGatewayTimeout
	case is[*component.BusyError](err):
		return http.StatusTooManyRequests
	case is[*component.LimitError](err), errors.Is(err, component.ErrClosed):
		return http.StatusServiceUnavailable
	case is[*component.OutOfFuelError](err), is[*component.TooDeepError](err), is[*component.GuestError](err):
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// stats tells how the pool and the host's memory are used.
func (s *server) stats(w http.ResponseWriter, _ *http.Request) {
	pool := s.pool.Stats()
	anew := ""
	if pool.Anew != nil {
		anew = pool.Anew.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"made": pool.Made, "reset": pool.Reset, "closed": pool.Closed, "quarantined": pool.Quarantined,
		"ready": pool.Ready, "in-use": pool.InUse, "waiting": pool.Waiting, "why-anew": anew,
		"memory": s.rt.Usage().Memory.Used,
	})
}
