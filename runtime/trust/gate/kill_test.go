package gate_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/approval"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

// TestKill kills a process in the midst of approvals, changes of trust and audit records, again and again: nothing that it said was done is lost, no file
// is torn, and the chain verifies. WITGEN_KILLS says how often; 200 in full.
func TestKill(t *testing.T) {
	if dir := os.Getenv("WITGEN_KILL_DIR"); dir != "" {
		victim(dir)
		return
	}
	kills := 10
	if testing.Short() {
		kills = 3
	}
	if n, err := strconv.Atoi(os.Getenv("WITGEN_KILLS")); err == nil {
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := &witness{t: t, dir: t.TempDir(), decided: map[string]approval.State{}, dropped: map[string]bool{}}
	died := 0
	for i := range kills {
		if w.run(i, random.IntN(40), time.Duration(random.IntN(3000))*time.Microsecond) {
			died++
		}
		w.check()
		if t.Failed() {
			t.Fatalf("after kill %d", i+1)
		}
	}
	t.Logf("killed %d times; %d components decided, %d steps on record, %d gaps", died, len(w.decided), w.steps, w.gaps)
	if died < kills*9/10 || w.gaps < died*9/10 {
		t.Errorf("it was hardly killed in the midst: %d times, %d gaps", died, w.gaps)
	}
}

// A witness keeps what the victim said was done.
type witness struct {
	t       *testing.T
	dir     string
	decided map[string]approval.State
	trusted string          // the last that was
	dropped map[string]bool // trusted no longer
	notes   []string        // committed
	steps   int             // of decisions, on record
	gaps    int
}

// run starts a victim and kills it when it has done so much, and a moment later.
func (w *witness) run(round, steps int, moment time.Duration) (killed bool) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
	cmd.Env = append(os.Environ(), "WITGEN_KILL_DIR="+w.dir, "WITGEN_KILL_ROUND="+strconv.Itoa(round))
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	var timer *time.Timer
	seen := 0
	for lines := bufio.NewScanner(out); lines.Scan(); seen++ {
		w.heard(lines.Text())
		if seen == steps {
			timer = time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
		}
	}
	if timer != nil {
		timer.Stop()
	}
	return cmd.Wait() != nil
}

func (w *witness) heard(line string) {
	words := strings.Fields(line)
	if len(words) < 3 || words[0] != "did" {
		if !slices.Contains([]string{"PASS", "ok"}, line) {
			w.t.Errorf("the victim says %q", line)
		}
		return
	}
	switch what := words[2]; words[1] {
	case "trusted":
		w.trusted = what
	case "untrusted":
		w.dropped[what] = true
	case "noted":
		w.notes = append(w.notes, what)
	default:
		w.decided[what] = approval.State(words[1])
	}
}

// later says that one state may have become the other before the victim could say so.
func later(was, is approval.State) bool {
	order := []approval.State{approval.Pending, approval.Reviewing, approval.Approved, approval.Denied}
	return slices.Index(order, is) >= slices.Index(order, was) && (was != approval.Approved || is != approval.Reviewing)
}

func (w *witness) check() {
	t := w.t
	t.Helper()
	// Somebody opens the log again, which marks the gap, and closes it in good order.
	g, err := gate.Open(gate.Config{Dir: w.dir, Audit: audit.Config{FileSize: 32 << 10}})
	if err != nil {
		t.Error(err)
		return
	}
	all, err := g.Approvals().List()
	if err := errors.Join(err, g.Close()); err != nil {
		t.Error(err)
	}
	report, err := gate.Verify(w.dir)
	if err != nil {
		t.Error(err)
	}
	w.gaps = len(report.Gaps)

	steps, notes := map[string]bool{}, map[string]bool{}
	err = audit.NewReader(gate.LogDir(w.dir)).Read(func(r *audit.Record) {
		switch r.Event {
		case audit.Approval:
			steps[r.Meta["request"]+" "+r.Decision] = true
		case audit.Limited:
			notes[r.Reason] = true
		}
	})
	if err != nil {
		t.Error(err)
	}
	w.steps = 0
	found := map[string]*approval.Request{}
	for _, r := range all {
		found[r.Askers[0]] = r
		for _, s := range r.History {
			if !steps[r.ID+" "+string(s.To)] {
				t.Errorf("%s became %s and it is not on record", r.Askers[0], s.To)
			}
			w.steps++
		}
	}
	for name, state := range w.decided {
		if r := found[name]; r == nil || !later(state, r.State) {
			t.Errorf("%s was %s and is lost: %+v", name, state, r)
		}
	}
	for _, n := range w.notes {
		if !notes[n] {
			t.Errorf("%s was on the disk and is lost", n)
		}
	}
	c, err := trust.Load(filepath.Join(w.dir, gate.TrustFile))
	if errors.Is(err, os.ErrNotExist) && w.trusted == "" {
		return
	}
	if err != nil || c.Edited {
		t.Errorf("the trust file is torn: %v, %+v", err, c)
		return
	}
	kept := w.trusted == "" // three are kept, and one change at most was made that the victim could not say
	for _, s := range c.Sources {
		hash := s.(*trust.Hash).SHA256
		kept = kept || hash == w.trusted
		if w.dropped[hash] {
			t.Errorf("%s was taken out and is trusted again", hash)
		}
	}
	if !kept {
		t.Errorf("%s was trusted and is lost", w.trusted)
	}
}

// victim does what it can until it is killed, and says what it has done.
func victim(dir string) {
	round := os.Getenv("WITGEN_KILL_ROUND")
	g, err := gate.Open(gate.Config{Dir: dir, Audit: audit.Config{FileSize: 32 << 10}})
	if err != nil {
		fmt.Println("cannot open:", err)
		return
	}
	for i := 0; ; i++ {
		if err := mischief(g, fmt.Sprintf("demo:r%s-%d", round, i), i); err != nil {
			fmt.Println("failed:", err)
			return
		}
	}
}

func mischief(g *gate.Gate, name string, i int) error {
	ask := approval.Ask{Component: name, SHA256: fmt.Sprintf("%x", name)}
	r, err := g.Approvals().Decide(ask, trust.Verdict{Level: trust.Unknown, Reason: []string{"no source is trusted"}})
	if _, ok := errors.AsType[*approval.NotApprovedError](err); !ok {
		return err
	}
	fmt.Println("did", r.State, name)
	for range 20 {
		g.Log().Append(audit.Record{Event: audit.Access, Component: name})
	}
	if r, err = g.Approvals().Review(r.ID, "ada", ""); err != nil {
		return err
	}
	fmt.Println("did", r.State, name)
	if i%2 == 0 {
		r, err = g.Approvals().Approve(r.ID, "ada", "")
	} else {
		r, err = g.Approvals().Deny(r.ID, "ada", "")
	}
	if err != nil {
		return err
	}
	fmt.Println("did", r.State, name)
	if err := g.Log().Commit(context.Background(), audit.Record{Event: audit.Limited, Reason: name}); err != nil {
		return err
	}
	fmt.Println("did noted", name)
	hash := fmt.Sprintf("%064x", []byte(name))
	var dropped []string
	err = g.EditTrust(func(c *trust.Config) error {
		for len(c.Sources) > 2 {
			dropped = append(dropped, c.Sources[0].(*trust.Hash).SHA256)
			c.Sources = c.Sources[1:]
		}
		c.Sources = append(c.Sources, &trust.Hash{SHA256: hash})
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range dropped {
		fmt.Println("did untrusted", d)
	}
	fmt.Println("did trusted", hash)
	return nil
}
