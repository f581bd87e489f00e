package runtime_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"github.com/airsstack/witgen/runtime"
	"github.com/airsstack/witgen/runtime/actor"
	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/files"
	"github.com/airsstack/witgen/runtime/host/network"
	"github.com/airsstack/witgen/runtime/manifest"
	"github.com/airsstack/witgen/runtime/trust/gate"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

// An attack is one class of what components of strangers try. It does the honest
// thing first, by the same calls of the same guest, then the attack, and where a
// grant would allow that, the attack with the grant.
type attack struct {
	class string // as docs/security.md names it
	do    func(*arena)
	host  func(*arena, *runtime.Config) // nil for the usual
	gate  func(*gate.Config)            // nil for the usual
}

// TestAttacks runs real hostile guests in a whole host: manifest, gate, guards
// and audit log. Each attack must end in a typed error, be on record in a log that
// verifies, take no more of the host than is allowed, and leave another component
// at work.
func TestAttacks(t *testing.T) {
	for _, x := range allAttacks() {
		t.Run(x.class, func(t *testing.T) {
			a := newArena(t, x)
			a.rounds(1)
			a.watch(func() { x.do(a) })
			a.rounds(1)
			a.judge()
		})
	}
}

func allAttacks() []attack {
	return slices.Concat(fileAttacks, networkAttacks, trustAttacks, grantAttacks, abiAttacks, loadAttacks, processAttacks, floodAttacks)
}

// TestAttacksPage holds the table of docs/security.md to the classes, in both
// directions.
func TestAttacksPage(t *testing.T) {
	t.Parallel()
	_, table, _ := strings.Cut(read(t, "../docs/security.md"), "## Attacks")
	table, _, _ = strings.Cut(table, "\n## ")
	var listed, there []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(table, -1) {
		listed = append(listed, row[1])
	}
	for _, x := range allAttacks() {
		there = append(there, x.class)
	}
	slices.Sort(listed)
	slices.Sort(there)
	if !slices.Equal(listed, there) {
		t.Errorf("docs/security.md lists the attacks\n%v, tried are\n%v", listed, there)
	}
}

// What an attack may cost the host at the most: far more than any should, and far
// less than one that is not bounded would.
const (
	attackTime   = 2 * time.Minute
	attackMemory = 1 << 30
)

// An arena is a host in which one attack takes place, with its gate and its log,
// and another component to be left alone.
type arena struct {
	t       *testing.T
	ctx     context.Context
	h       *runtime.Host
	gate    *gate.Gate
	state   string               // of the gate
	data    string               // is mounted at /data
	vendor  string               // whose components are trusted
	key     signature.PrivateKey // of a signer who is, too
	log     record               // of what components say
	zone    *zone                // of names; nil where the host's are looked up
	crashes chan actor.Crashed

	handled uint32 // by the bystander
	wanted  []audit.Record
	after   []func() // when all has stopped and the log is closed
}

var bystander = actor.Address{Namespace: "good", Name: "counter"}

// newArena makes a host that trusts the components of one folder, and starts the
// bystander.
func newArena(t *testing.T, x attack) *arena {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), attackTime)
	t.Cleanup(cancel)
	a := &arena{
		t: t, ctx: ctx, state: t.TempDir(), data: t.TempDir(), vendor: t.TempDir(),
		crashes: make(chan actor.Crashed, 10_000),
	}
	a.must(os.Chmod(a.vendor, 0o700))
	vendor, err := filepath.EvalSymlinks(a.vendor)
	a.must(err)
	a.vendor = vendor
	a.key, err = signature.Generate()
	a.must(err)
	writeFile(t, filepath.Join(a.state, gate.TrustFile), fmt.Appendf(nil, "[trust]\nforbid_dev_mode = true\n"+
		"[[trust.sources]]\ntype = \"local\"\npath_pattern = '%s'\n"+
		"[[trust.sources]]\ntype = \"signing_key\"\nsigner = \"vendor\"\npublic_key = %q\n"+
		"[[trust.sources]]\ntype = \"git\"\nurl_pattern = \"https://github.com/acme/*\"\n", filepath.Join(vendor, "**"), a.key.Public()))
	g := gate.Config{Dir: a.state}
	if x.gate != nil {
		x.gate(&g)
	}
	a.gate, err = gate.Open(g)
	a.must(err)
	t.Cleanup(func() { _ = a.gate.Close() })
	root, err := os.OpenRoot(a.data)
	a.must(err)
	t.Cleanup(func() { _ = root.Close() })
	cfg := runtime.Config{
		Component: config(), Log: slog.New(slog.NewTextHandler(&a.log, nil)), Observe: a.observe, Gate: a.gate,
		Store: filepath.Join(t.TempDir(), "values.db"), Mounts: []files.Mount{{Path: "/data", Root: root}},
		Network: network.Config{Connect: 10 * time.Second},
	}
	cfg.Component.Cache = cache()
	if x.host != nil {
		x.host(a, &cfg)
	}
	a.h, err = runtime.New(t.Context(), cfg)
	a.must(err)
	t.Cleanup(func() { _ = a.h.Stop(context.Background()) })
	a.must(a.h.Start(ctx, a.guest(bystander.String(), "counter", "")))
	return a
}

func (a *arena) must(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

func (a *arena) observe(e actor.Event) {
	if c, ok := e.(actor.Crashed); ok {
		select {
		case a.crashes <- c:
		default: // an attack that crashes so often waits for none of them
		}
	}
}

// guest writes the manifest of a trusted guest. It is restarted as often as it
// crashes.
func (a *arena) guest(name, guest, says string) *manifest.Manifest {
	a.t.Helper()
	dir := filepath.Join(a.vendor, strings.ReplaceAll(name, ":", "-"))
	return a.guestIn(dir, name, guest, says)
}

func (a *arena) guestIn(dir, name, guest, says string) *manifest.Manifest {
	a.t.Helper()
	a.must(os.MkdirAll(dir, 0o700))
	copyFile(a.t, filepath.Join("..", "testdata", "guests", guest, guest+".wasm"), filepath.Join(dir, guest+".wasm"))
	return a.manifestIn(dir, name, guest+".wasm", says)
}

func (a *arena) manifestIn(dir, name, file, says string) *manifest.Manifest {
	a.t.Helper()
	return write(a.t, dir, fmt.Sprintf("component = { name = %q, version = \"1.0.0\", file = %q }\n"+
		"supervision = { max_restarts = 1000, backoff = { kind = \"immediate\" } }\n%s", name, file, says))
}

// start starts a trusted guest.
func (a *arena) start(name, guest, says string) {
	a.t.Helper()
	a.must(a.h.Start(a.ctx, a.guest(name, guest, says)))
}

func address(name string) actor.Address {
	a, err := actor.Parse(name)
	if err != nil {
		panic(err)
	}
	return a
}

// does has a guest do something, and looks what that came to: the beginning of its
// answer.
func (a *arena) does(name, command, want string) string {
	a.t.Helper()
	got, err := a.h.Ask(a.ctx, address(name), []byte(command))
	if err != nil || !strings.HasPrefix(string(got), want) {
		a.t.Errorf("%s: %.80q gives %.300q, %v; want %q", name, command, got, err, want)
	}
	return string(got)
}

// tries has a guest do something, whatever that comes to.
func (a *arena) tries(name, command string) { _, _ = a.h.Ask(a.ctx, address(name), []byte(command)) }

// denied has a guest do what is refused: it is told so as want says, and the demand
// is on record.
func (a *arena) denied(name, command, want string, r audit.Record) {
	a.t.Helper()
	a.does(name, command, want)
	r.Event, r.Component, r.Decision = audit.Access, name, audit.Denied
	a.record(r)
}

// dies has a guest do what ends its instance, with an error of type E that says
// why: the caller has an error, the crash is on record, and the guest is restarted.
func dies[E error](a *arena, name, command, why string) {
	a.t.Helper()
	if got, err := a.h.Ask(a.ctx, address(name), []byte(command)); err == nil {
		a.t.Errorf("%s: %.80q is answered with %.100q", name, command, got)
	}
	crashed[E](a, name, why)
}

// crashed waits for the crash of an instance.
func crashed[E error](a *arena, name, why string) {
	a.t.Helper()
	for {
		select {
		case c := <-a.crashes:
			if c.Actor != address(name) {
				continue
			}
			if _, ok := errors.AsType[E](c.Err); !ok || !strings.Contains(c.Err.Error(), why) {
				a.t.Errorf("%s crashed with %v, want a %T that says %q", name, c.Err, *new(E), why)
			}
			a.record(audit.Record{Component: name, Reason: why})
			return
		case <-a.ctx.Done():
			a.t.Fatalf("%s did not crash: %v", name, a.ctx.Err())
		}
	}
}

// refuses does not let a component start, for an error of type E that says why.
func refuses[E error](a *arena, m *manifest.Manifest, why string) {
	a.t.Helper()
	err := a.h.Start(a.ctx, m)
	if _, ok := errors.AsType[E](err); !ok || !strings.Contains(fmt.Sprint(err), why) {
		a.t.Errorf("%s starts with %v, want a %T that says %q", m.Name, err, *new(E), why)
	}
	a.record(audit.Record{Event: audit.Started, Component: m.Name, Decision: audit.Denied, Reason: why})
}

// record notes what must be on record when all is over. Of texts it is a part.
func (a *arena) record(r audit.Record) { a.wanted = append(a.wanted, r) }

// rounds has the bystander handle a message and answer, so many times.
func (a *arena) rounds(n int) {
	a.t.Helper()
	for range n {
		if err := a.round(); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a *arena) round() error {
	if err := a.h.Send(a.ctx, bystander, []byte("x")); err != nil {
		return fmt.Errorf("the bystander's message: %w", err)
	}
	b, err := a.h.Ask(a.ctx, bystander, nil)
	if err != nil {
		return fmt.Errorf("the bystander: %w", err)
	}
	before := a.handled
	if a.handled = binary.LittleEndian.Uint32(b); a.handled <= before {
		return fmt.Errorf("the bystander has handled %d messages, and %d before", a.handled, before)
	}
	return nil
}

// watch has the bystander work, and looks at the memory that the process has, while
// the attack is made.
func (a *arena) watch(attack func()) {
	a.t.Helper()
	before := resident(a.t)
	most, rounds := before, 0
	stop := make(chan struct{})
	var watching sync.WaitGroup
	var failed error
	watching.Go(func() {
		for failed == nil {
			if failed = a.round(); failed == nil {
				rounds++
			}
			most = max(most, resident(a.t))
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	attack()
	close(stop)
	watching.Wait()
	if failed != nil || rounds == 0 {
		a.t.Errorf("while the attack was made the bystander went round %d times: %v", rounds, failed)
	}
	if most-before > attackMemory {
		a.t.Errorf("the attack took %d MiB of the host", (most-before)>>20)
	}
}

// resident is the memory that the process has of the machine's, in bytes.
func resident(t *testing.T) int64 {
	p, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		t.Error(err)
		return 0
	}
	m, err := p.MemoryInfo()
	if err != nil {
		t.Error(err)
		return 0
	}
	return int64(m.RSS)
}

// judge stops all, verifies the log and looks for what must be on record.
func (a *arena) judge() {
	a.t.Helper()
	if a.ctx.Err() != nil {
		a.t.Error("the attack took too long")
	}
	if err := errors.Join(a.h.Stop(context.Background()), a.gate.Close()); err != nil {
		a.t.Error(err)
	}
	if _, err := gate.Verify(a.state); err != nil {
		a.t.Error(err)
	}
	for _, look := range a.after {
		look()
	}
	var records []audit.Record
	a.must(audit.NewReader(gate.LogDir(a.state)).Read(func(r *audit.Record) { records = append(records, *r) }))
	told := make([]bool, len(records)) // a denial is on record as often as it was told
	for _, want := range a.wanted {
		i := slices.IndexFunc(records, func(r audit.Record) bool { return tells(r, want) })
		for i >= 0 && want.Decision == audit.Denied && i < len(records) && (told[i] || !tells(records[i], want)) {
			i++
		}
		if i < 0 || i == len(records) {
			a.t.Errorf("not on record: %+v", want)
			continue
		}
		told[i] = true
	}
	if a.t.Failed() {
		for _, r := range records {
			a.t.Logf("%s %s %s %s %s %s %s: %.200q", r.Event, r.Component, r.Function, r.Kind, r.Action, r.Resource, r.Decision, r.Reason)
		}
	}
}

// tells reports whether a record says what is wanted, and of which component, by
// its hash.
func tells(r, want audit.Record) bool {
	has := func(text, part string) bool { return strings.Contains(text, part) }
	is := func(text, wanted string) bool { return wanted == "" || text == wanted }
	return has(r.Reason, want.Reason) && has(r.Resource, want.Resource) && is(string(r.Event), string(want.Event)) &&
		is(r.Component, want.Component) && is(r.Function, want.Function) && is(r.Kind, want.Kind) && is(r.Action, want.Action) &&
		is(r.Decision, want.Decision) && (want.Component == "" || r.SHA256 != "") && r.Count >= want.Count
}
