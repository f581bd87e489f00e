package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrNoRun says that nothing runs that could be controlled.
var ErrNoRun = errors.New("nothing runs here")

// A ChooseError says that several runs fit, or that none has the name that was asked for.
type ChooseError struct {
	Name string // "" where none was given
	Runs []Run
}

func (e *ChooseError) Error() string {
	var b strings.Builder
	if e.Name == "" {
		fmt.Fprintf(&b, "%d runs are there; say which one:", len(e.Runs))
	} else {
		fmt.Fprintf(&b, "no run is called %s, or is of that folder; there are:", e.Name)
	}
	for _, r := range e.Runs {
		fmt.Fprintf(&b, "\n  %-12s %s", r.Name, strings.Join(r.Paths, " "))
	}
	return b.String()
}

// Runs finds the runs that live, sorted by name. dir is where their sockets are, "" for DefaultDir(). A folder that is not there has
// none; one that others could have put sockets into is a [*DirError]. One run that does not answer, within ten seconds or until ctx ends,
// is the error of a context.
func Runs(ctx context.Context, dir string) ([]Run, error) {
	clients, err := dialAll(ctx, dir)
	runs := make([]Run, len(clients))
	for i, c := range clients {
		runs[i] = c.run
		c.Close()
	}
	return runs, err
}

// Dial finds a run by its name, or by a path that it runs; with "" the only one. Errors beyond those of Runs are [ErrNoRun] and a
// [*ChooseError].
func Dial(ctx context.Context, dir, name string) (*Client, error) {
	all, err := dialAll(ctx, dir)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, ErrNoRun
	}
	found := all
	if name != "" {
		found = slices.DeleteFunc(slices.Clone(all), func(c *Client) bool { return c.run.Name != name })
		if path, err := filepath.Abs(name); err == nil && len(found) == 0 {
			found = slices.DeleteFunc(slices.Clone(all), func(c *Client) bool { return !slices.Contains(c.run.Paths, path) })
		}
	}
	choose := &ChooseError{Name: name}
	for _, c := range all {
		choose.Runs = append(choose.Runs, c.run)
		if len(found) != 1 || c != found[0] {
			c.Close()
		}
	}
	if len(found) != 1 {
		if len(found) > 1 {
			choose.Name = ""
		}
		return nil, choose
	}
	return found[0], nil
}

// findTime is how long a run may take to say who it is.
const findTime = 10 * time.Second

func dialAll(ctx context.Context, dir string) ([]*Client, error) {
	if dir == "" {
		dir = DefaultDir()
	}
	if err := checkDir(dir); os.IsNotExist(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	sockets, err := filepath.Glob(filepath.Join(dir, "*.sock"))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	var all []*Client
	for _, socket := range sockets {
		c := newClient(socket)
		err := c.get(ctx, "/run", nil, &c.run)
		if err == nil {
			all = append(all, c)
			continue
		}
		c.Close()
		if ctx.Err() != nil { // else it has died, or is just ending
			for _, c := range all {
				c.Close()
			}
			return nil, fmt.Errorf("%s: the run is there and does not answer (is it stopped?): %w", socket, ctx.Err())
		}
	}
	return all, nil
}

// A Client talks to one run. Its methods may be called from any goroutine; their errors are [*Error] where the run refused.
type Client struct {
	run  Run
	http *http.Client
}

func newClient(socket string) *Client {
	return &Client{http: &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}}
}

// Close frees the connections. Nothing may be in use any more.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Run is whom the client talks to.
func (c *Client) Run() Run { return c.run }

// Actors tells of all actors, in the order of starting.
func (c *Client) Actors(ctx context.Context) (all []Actor, err error) {
	err = c.get(ctx, "/actors", nil, &all)
	return all, err
}

// Send puts a message into an actor's mailbox. The actor is named by its address, or by the part behind ":" where that is enough.
func (c *Client) Send(ctx context.Context, to string, payload []byte) error {
	return c.post(ctx, "/send", url.Values{"actor": {to}}, payload, nil)
}

// Request sends a request to an actor and gives its answer.
func (c *Client) Request(ctx context.Context, to string, payload []byte) (reply []byte, err error) {
	err = c.post(ctx, "/request", url.Values{"actor": {to}}, payload, func(body io.Reader) (err error) {
		reply, err = io.ReadAll(body)
		return err
	})
	return reply, err
}

// Stop stops an actor, and returns when it has ended.
func (c *Client) Stop(ctx context.Context, name string) error {
	return c.post(ctx, "/stop", url.Values{"actor": {name}}, nil, nil)
}

// Restart has an actor go on with a fresh instance, and returns when that is ready.
func (c *Client) Restart(ctx context.Context, name string) error {
	return c.post(ctx, "/restart", url.Values{"actor": {name}}, nil, nil)
}

// Reload has the run look for components that have changed, and tells what it did with them.
func (c *Client) Reload(ctx context.Context) (changes []Change, err error) {
	err = c.post(ctx, "/reload", nil, nil, func(body io.Reader) error { return json.NewDecoder(body).Decode(&changes) })
	return changes, err
}

// Shutdown ends the run, and returns when it has ended.
func (c *Client) Shutdown(ctx context.Context) error {
	return c.post(ctx, "/shutdown", nil, nil, func(body io.Reader) error {
		_, err := io.Copy(io.Discard, body)
		if ctx.Err() == nil {
			err = nil // that the connection has been cut is as good an end
		}
		return err
	})
}

// A Query says which records are wanted.
type Query struct {
	Actor  string // of this one only; "" for all
	Last   int    // at most so many of those that there are; negative for all
	Follow bool   // and those to come, until the run ends
}

// Journal gives records of the run, oldest first. It ends with the first error, or with ctx.
func (c *Client) Journal(ctx context.Context, q Query) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		v := url.Values{"actor": {q.Actor}}
		if q.Last >= 0 {
			v.Set("last", strconv.Itoa(q.Last))
		}
		if q.Follow {
			v.Set("follow", "1")
		}
		err := c.do(ctx, http.MethodGet, "/journal", v, nil, func(body io.Reader) error {
			for in := json.NewDecoder(body); ; {
				var r Record
				if err := in.Decode(&r); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
				if !yield(r, nil) {
					return errStopped
				}
			}
		})
		if err != nil && err != errStopped {
			yield(Record{}, err)
		}
	}
}

var errStopped = errors.New("nobody reads on")

func (c *Client) get(ctx context.Context, path string, v url.Values, into any) error {
	return c.do(ctx, http.MethodGet, path, v, nil, func(body io.Reader) error { return json.NewDecoder(body).Decode(into) })
}

func (c *Client) post(ctx context.Context, path string, v url.Values, payload []byte, read func(io.Reader) error) error {
	return c.do(ctx, http.MethodPost, path, v, payload, read)
}

func (c *Client) do(ctx context.Context, method, path string, v url.Values, payload []byte, read func(io.Reader) error) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://run"+path+"?"+v.Encode(), bytes.NewReader(payload))
	if err != nil {
		return err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) { // its address is made up
			err = wrapped.Err
		}
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return readError(answer)
	}
	if read == nil {
		return nil
	}
	return read(answer.Body)
}
