package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/metrics"
)

// A metricsServer shows a run to Prometheus. A nil one shows nothing.
type metricsServer struct {
	address string
	http    *http.Server
	done    chan struct{}
}

// serveMetrics begins to serve, unless no address is given.
func serveMetrics(address string, host *runtime.Host) (*metricsServer, error) {
	if address == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--metrics %s: %w", address, err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(metrics.New(host), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	s := &metricsServer{
		address: listener.Addr().String(),
		http:    &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, WriteTimeout: time.Minute},
		done:    make(chan struct{}),
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // ends by close alone
	}()
	return s, nil
}

func (s *metricsServer) url() string {
	if s == nil {
		return ""
	}
	return "http://" + s.address + "/metrics"
}

func (s *metricsServer) close() {
	if s != nil {
		_ = s.http.Close()
		<-s.done
	}
}
