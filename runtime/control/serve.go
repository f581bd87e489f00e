package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/airsstack/witgen/runtime/actor"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /run":       func(w http.ResponseWriter, _ *http.Request) error { return answer(w, s.run) },
		"GET /actors":    s.actors,
		"POST /send":     s.send,
		"POST /request":  s.request,
		"POST /stop":     s.stop,
		"POST /restart":  s.restart,
		"POST /reload":   s.reload,
		"POST /shutdown": s.shutdown,
		"GET /journal":   s.journal,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := serve(w, r); err != nil {
				writeError(w, err)
			}
		})
	}
	return mux
}

func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // who does not read it has gone
	return nil
}

func (s *Server) actors(w http.ResponseWriter, r *http.Request) error {
	all := []Actor{}
	for _, info := range s.cfg.Host.Actors() {
		a := describe(info)
		a.Limits = s.cfg.Host.Limits(r.Context(), info.Address)
		all = append(all, a)
	}
	return answer(w, all)
}

func (s *Server) send(w http.ResponseWriter, r *http.Request) error {
	to, payload, err := s.message(w, r)
	if err == nil {
		err = s.cfg.Host.Send(r.Context(), to, payload)
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func (s *Server) request(w http.ResponseWriter, r *http.Request) error {
	to, payload, err := s.message(w, r)
	if err != nil {
		return err
	}
	payload, err = s.cfg.Host.Ask(r.Context(), to, payload)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(payload)
	return nil
}

// message reads whom a message is for, and what it is.
func (s *Server) message(w http.ResponseWriter, r *http.Request) (to actor.Address, payload []byte, err error) {
	if to, err = s.resolve(r); err != nil {
		return to, nil, err
	}
	payload, err = io.ReadAll(http.MaxBytesReader(w, r.Body, MaxPayload))
	if err != nil {
		err = fmt.Errorf("%w: %w", errBadRequest, err)
	}
	return to, payload, err
}

// resolve finds the actor that a request names: by its address, or by its name alone where no other has it.
func (s *Server) resolve(r *http.Request) (actor.Address, error) {
	text := r.FormValue("actor")
	if strings.Contains(text, ":") {
		a, err := actor.Parse(text)
		if err != nil {
			err = fmt.Errorf("%w: %w", errBadRequest, err)
		}
		return a, err
	}
	var known []string
	var found []actor.Address
	for _, info := range s.cfg.Host.Actors() {
		known = append(known, info.Address.String())
		if _, local, _ := strings.Cut(info.Address.String(), ":"); local == text {
			found = append(found, info.Address)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return actor.Address{}, fmt.Errorf("%w: %s names several: write %s or %s", errBadRequest, text, found[0], found[1])
	case len(known) == 0:
		return actor.Address{}, &unknownError{text, "nothing runs here"}
	}
	slices.Sort(known)
	return actor.Address{}, &unknownError{text, "there are " + strings.Join(known, ", ")}
}

// An unknownError says which actors there are.
type unknownError struct{ name, known string }

func (e *unknownError) Error() string {
	return fmt.Sprintf("no actor is called %s; %s", e.name, e.known)
}
func (e *unknownError) Unwrap() error { return actor.ErrNotFound }

func (s *Server) stop(w http.ResponseWriter, r *http.Request) error {
	a, err := s.resolve(r)
	if err == nil {
		err = s.cfg.Host.StopComponent(r.Context(), a)
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func (s *Server) restart(w http.ResponseWriter, r *http.Request) error {
	a, err := s.resolve(r)
	if err == nil {
		err = s.cfg.Host.Restart(r.Context(), a)
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func (s *Server) reload(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Reload == nil {
		return fmt.Errorf("reload: %w", ErrUnsupported)
	}
	changes, err := s.cfg.Reload(r.Context())
	if err != nil {
		return err
	}
	return answer(w, append([]Change{}, changes...))
}

// shutdown answers at once, and its answer ends when the run has.
func (s *Server) shutdown(w http.ResponseWriter, r *http.Request) error {
	if s.cfg.Shutdown == nil {
		return fmt.Errorf("shutdown: %w", ErrUnsupported)
	}
	w.WriteHeader(http.StatusAccepted)
	_ = http.NewResponseController(w).Flush()
	s.cfg.Shutdown()
	<-r.Context().Done()
	return nil
}

// journal answers with the latest records, and with those to come where they are asked for.
func (s *Server) journal(w http.ResponseWriter, r *http.Request) error {
	j := s.cfg.Journal
	if j == nil {
		return fmt.Errorf("journal: %w", ErrUnsupported)
	}
	fits := func(*Record) bool { return true }
	if r.FormValue("actor") != "" {
		a, err := s.resolve(r)
		if err != nil {
			return err
		}
		text := a.String()
		fits = func(r *Record) bool { return r.Actor == text }
	}
	last, follow := math.MaxInt, r.FormValue("follow") != ""
	if text := r.FormValue("last"); text != "" {
		var err error
		if last, err = strconv.Atoi(text); err != nil || last < 0 {
			return fmt.Errorf("%w: last is %q, and must be a number of records", errBadRequest, text)
		}
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	return s.stream(w, r, j.lastOf(last, fits), follow, fits)
}

func (s *Server) stream(w http.ResponseWriter, r *http.Request, at uint64, follow bool, fits func(*Record) bool) error {
	const batch = 256
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for ended := false; ; {
		records, missed, news := s.cfg.Journal.after(at, batch)
		if missed > 0 {
			if out.Encode(Record{Event: "missed", Time: records[0].Time, Text: fmt.Sprintf("%d events, which came faster than they were read", missed), Tone: Warning}) != nil {
				return nil
			}
		}
		for i := range records {
			if at = records[i].Seq; fits(&records[i]) && out.Encode(&records[i]) != nil {
				return nil // who asked has gone
			}
		}
		if news == nil {
			continue
		}
		if !follow || ended {
			return nil
		}
		if err := http.NewResponseController(w).Flush(); errors.Is(err, http.ErrNotSupported) {
			return err
		}
		select {
		case <-news:
		case <-r.Context().Done():
			ended = true // what is there already is still sent
		}
	}
}
