// Server runs the programs of many tenants behind HTTP. All of them share one
// component and a pool of its instances; each request has an instance of its
// own, as it was when it had just begun, with the cells, the grants and the
// limits of its tenant.
//
//	go run ./examples/server
//	curl -H 'Authorization: Bearer ann' -d '6 7 * .' localhost:8080/run
//	curl -H 'Authorization: Bearer ann' -d ': count @n 1 + dup !n . ; count count' localhost:8080/run
//	curl -H 'Authorization: Bearer bob' -d 'begin 0 until' localhost:8080/run
//	curl localhost:8080/stats
//
// Ctrl-C lets the requests at hand end, and takes no more.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"
)

//go:generate go run github.com/airsstack/witgen/cmd/witgen generate

func main() {
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s", listener.Addr())
	if err := run(ctx, listener, tenants()); err != nil {
		log.Fatal(err)
	}
}

// patience is how long a request at hand may take once the server is told to
// stop. It is more than any tenant's call may take.
const patience = 10 * time.Second

// run serves until ctx ends; then it lets the requests at hand end.
func run(ctx context.Context, listener net.Listener, tenants map[string]*account) (err error) {
	s, err := newServer(ctx, tenants)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, s.Close(context.WithoutCancel(ctx))) }()
	web := http.Server{Handler: s.routes(), ReadHeaderTimeout: patience, ReadTimeout: patience}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return web.Shutdown(last)
}
