package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/quota"
)

// A Host is what is controlled; *runtime.Host is one.
type Host interface {
	Actors() []actor.Info
	Limits(ctx context.Context, a actor.Address) []quota.Status
	Send(ctx context.Context, to actor.Address, payload []byte) error
	Ask(ctx context.Context, to actor.Address, payload []byte) ([]byte, error)
	StopComponent(ctx context.Context, a actor.Address) error
	Restart(ctx context.Context, a actor.Address) error
}

// Config is what [Listen] serves. Host is required.
type Config struct {
	Host Host
	// Name is what the run is to be called; where another run has that name, a number is added. Default "run".
	Name string
	// Paths are what it runs, for people to tell it by.
	Paths []string
	// Dir is the folder of the socket. Default DefaultDir().
	Dir string
	// Journal is what Client.Journal reads; nil for none.
	Journal *Journal
	// Reload looks for components that have changed; nil if the run cannot.
	Reload func(ctx context.Context) ([]Change, error)
	// Metrics is where metrics of the run are served, for people to find.
	Metrics string
	// Shutdown has the run end, and returns at once; nil if it cannot be ended from outside.
	Shutdown func()
}

// A Server is one run's. Close ends it.
type Server struct {
	cfg    Config
	run    Run
	socket string
	http   *http.Server
	cancel context.CancelFunc
	done   chan struct{}
	close  sync.Once
}

// Listen begins to serve. Errors are those of the system, and a [*DirError] where the folder is not safe.
func Listen(cfg Config) (*Server, error) {
	if cfg.Dir == "" {
		cfg.Dir = DefaultDir()
	}
	if err := makeDir(cfg.Dir); err != nil {
		return nil, err
	}
	listener, name, err := claim(cfg.Dir, fileName(cfg.Name))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		cfg:    cfg,
		run:    Run{Name: name, PID: os.Getpid(), Paths: cfg.Paths, Started: time.Now(), Metrics: cfg.Metrics},
		socket: socketOf(cfg.Dir, name),
		cancel: cancel,
		done:   make(chan struct{}),
	}
	s.http = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // ends by Close alone
	}()
	return s, nil
}

// Run is what others find.
func (s *Server) Run() Run { return s.run }

// Close ends what clients wait for and removes the socket. When ctx ends before the last of them is answered, they are cut off. It
// may be called twice.
func (s *Server) Close(ctx context.Context) error {
	var err error
	s.close.Do(func() {
		s.cancel()
		if err = s.http.Shutdown(ctx); err != nil {
			err = errors.Join(err, s.http.Close())
		}
		<-s.done
	})
	return err
}

func socketOf(dir, name string) string { return filepath.Join(dir, name+".sock") }

// mostNames bounds how many runs of one name there are at a time.
const mostNames = 1000

// claim listens at a socket that nobody else does: that of the name, or of the name with a number. One whose process has died is
// taken over. The lock is for the moments between looking, removing and listening, in which another run could do the same.
func claim(dir, name string) (net.Listener, string, error) {
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, ".lock")).Lock()
	if err != nil {
		return nil, "", err
	}
	defer unlock()
	for n := 1; n <= mostNames; n++ {
		candidate := name
		if n > 1 {
			candidate = name + "-" + strconv.Itoa(n)
		}
		socket := socketOf(dir, candidate)
		if len(socket) > 100 { // what all systems take
			return nil, "", &DirError{dir, fmt.Sprintf("the path of a socket, %s, would be longer than 100 bytes; name a shorter folder in WITGEN_RUN_DIR, or give the run a shorter name", socket)}
		}
		if answers(socket) {
			continue
		}
		if err := os.Remove(socket); err != nil && !os.IsNotExist(err) {
			return nil, "", err
		}
		listener, err := net.Listen("unix", socket)
		if err != nil {
			return nil, "", err
		}
		if err := os.Chmod(socket, 0o600); err != nil {
			return nil, "", errors.Join(err, listener.Close())
		}
		return listener, candidate, nil
	}
	return nil, "", fmt.Errorf("%d runs are called %s: give this one another name", mostNames, name)
}

// answers reports whether a process listens at a socket. One that is too busy to answer does.
func answers(socket string) bool {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return errors.Is(err, syscall.EAGAIN)
	}
	conn.Close()
	return true
}

// fileName makes a name of letters, digits, "-" and "_".
func fileName(name string) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
			return r
		}
		return '-'
	}, name), "-")
	if name == "" {
		return "run"
	}
	return name[:min(len(name), 40)]
}
