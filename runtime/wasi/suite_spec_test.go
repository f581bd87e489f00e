package wasi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi"
)

// A suiteSpec says how a program of a suite is run. The first are as
// WebAssembly/wasi-testsuite writes them in NAME.json beside NAME.wasm; the others
// are what Wasmtime's tests do by hand, see testdata/wasmtime.json.
type suiteSpec struct {
	Args     []string          `json:"args"`
	Dirs     []string          `json:"dirs"` // copied; each is seen as /NAME, which its name among the args becomes too
	Root     string            `json:"root"` // copied, and seen as /
	Env      map[string]string `json:"env"`
	ExitCode int               `json:"exit_code"`
	Stdout   *string           `json:"stdout"`
	Stdin    string            `json:"stdin"`

	Argv0        string              `json:"argv0"`
	Fill         int                 `json:"fill"`          // an argument in front of the others, of so many letters
	Vars         int                 `json:"vars"`          // so many variables of 1 KiB
	Cwd          string              `json:"cwd"`           // the initial folder
	ReadOnly     []string            `json:"read_only"`     // those of the folders that may only be read
	Files        map[string]string   `json:"files"`         // files that lie in the folders: FOLDER/NAME and what is in them
	Times        map[string]int64    `json:"times"`         // when files were changed, in seconds since 1970
	Terminals    bool                `json:"terminals"`     // the standard streams are terminals
	StdinDir     bool                `json:"stdin_dir"`     // standard input is a folder
	StdoutClosed bool                `json:"stdout_closed"` // nobody reads standard output
	StdoutSize   *int                `json:"stdout_size"`   // how much is written there
	Piped        bool                `json:"piped"`         // it runs twice, connected by a pipe
	Trap         string              `json:"trap"`          // it ends with a trap that says this
	Millis       int                 `json:"millis"`        // how long it may take
	Handles      uint32              `json:"handles"`       // how many resources it may have
	Values       uint32              `json:"values"`        // how many bytes of values a call may take
	Names        map[string][]string `json:"names"`         // what names stand for
	Connect      []string            `json:"connect"`       // what else it may connect to
	Bind         []string            `json:"bind"`          // and be bound to
	Network      bool                `json:"network"`       // it may use this machine's own addresses
	HTTP         bool                `json:"http"`          // it fetches from the server in its variable HTTP_SERVER
	Requests     []suiteRequest      `json:"requests"`      // it answers them

	http string // the server's address
}

// specsOf gives how a program is run, one or several times: as the file beside it
// says, else as testdata/wasmtime.json does of its name or kind, else with nothing.
func specsOf(t *testing.T, file string) []suiteSpec {
	t.Helper()
	name := strings.TrimSuffix(file, ".wasm")
	var known map[string]json.RawMessage
	text, err := os.ReadFile(name + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = os.ReadFile("testdata/wasmtime.json"); err == nil {
			err = json.Unmarshal(text, &known)
		}
		base := filepath.Base(name)
		kind, _, _ := strings.Cut(base, "_")
		for _, key := range []string{base, kind + "_*"} {
			if said, ok := known[key]; ok {
				text = said
				break
			}
			text = []byte("{}")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	var specs []suiteSpec
	if strings.HasPrefix(strings.TrimSpace(string(text)), "[") {
		err = json.Unmarshal(text, &specs)
	} else {
		specs = make([]suiteSpec, 1)
		err = json.Unmarshal(text, &specs[0])
	}
	if err != nil || len(specs) == 0 {
		t.Fatalf("how %s is run: %v", name, err)
	}
	return specs
}

// setup makes what a program is given.
func (s *suiteSpec) setup(t *testing.T, file string) (wasi.Config, []component.Option) {
	t.Helper()
	config := wasi.Config{Stdin: reader(s.Stdin), Dir: s.Cwd, Resolver: s}
	config.Terminals = wasi.Terminals{Stdin: s.Terminals, Stdout: s.Terminals, Stderr: s.Terminals}
	grants := []capability.Grant{grant(capability.Import, "", "wasi:clocks/*"), grant(capability.Import, "", "wasi:random/*")}
	s.streams(t, &config)
	s.arguments(&config, filepath.Base(file))
	for _, dir := range append(slices.Clone(s.Dirs), s.Root) {
		as := "/" + dir
		if dir == "" {
			continue
		} else if dir == s.Root {
			as = "/"
		}
		config.Mounts = append(config.Mounts, s.folder(t, filepath.Join(filepath.Dir(file), dir), as))
		grants = append(grants, s.onFolder(dir, strings.TrimSuffix(as, "/")+"/**")...)
	}
	if s.HTTP {
		s.http = mirror(t)
		config.Env = append(config.Env, "HTTP_SERVER="+s.http)
		s.Connect = append(s.Connect, s.http, "localhost:"+strings.Split(s.http, ":")[1])
	}
	for _, at := range s.Connect {
		grants = append(grants, grant(capability.Network, "connect", at))
	}
	for _, at := range s.Bind {
		grants = append(grants, grant(capability.Network, "bind", at))
	}
	if s.Network {
		grants = append(grants, ownAddresses()...)
	}
	return config, []component.Option{
		component.WithGrants(grants...),
		component.WithLimits(component.Limits{CallTime: s.callTime(), Handles: s.Handles, Values: s.Values}),
	}
}

func (s *suiteSpec) callTime() time.Duration {
	if s.Millis == 0 {
		return time.Minute
	}
	return time.Duration(s.Millis) * time.Millisecond
}

func (s *suiteSpec) arguments(config *wasi.Config, name string) {
	if s.Argv0 != "" {
		name = s.Argv0
	}
	config.Args = []string{name}
	if s.Fill > 0 {
		config.Args = append(config.Args, strings.Repeat("a", s.Fill))
	}
	for _, arg := range s.Args {
		if slices.Contains(s.Dirs, arg) {
			arg = "/" + arg
		}
		config.Args = append(config.Args, arg)
	}
	for name, value := range s.Env {
		config.Env = append(config.Env, name+"="+value)
	}
	for i := range s.Vars {
		config.Env = append(config.Env, fmt.Sprintf("KEY%d=%s", i, strings.Repeat("x", 1024)))
	}
}

func (s *suiteSpec) streams(t *testing.T, config *wasi.Config) {
	t.Helper()
	if s.StdinDir {
		dir, err := os.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = dir.Close() })
		config.Stdin = dir
	}
	if s.StdoutClosed {
		from, to, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		_ = from.Close()
		t.Cleanup(func() { _ = to.Close() })
		config.Stdout = to
	}
}

// folder gives a copy of a folder, or an empty one where there is none, with the
// files that are to lie there.
func (s *suiteSpec) folder(t *testing.T, from, as string) wasi.Mount {
	t.Helper()
	dir := t.TempDir()
	if _, err := os.Stat(from); err == nil {
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	for file, text := range s.Files {
		if name, ok := strings.CutPrefix("/"+file, strings.TrimSuffix(as, "/")+"/"); ok {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if at, ok := s.Times[file]; ok {
				if err := os.Chtimes(filepath.Join(dir, name), time.Unix(at, 0), time.Unix(at, 0)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return wasi.Mount{Path: as, Root: root}
}

func (s *suiteSpec) onFolder(dir, paths string) []capability.Grant {
	grants := []capability.Grant{grant(capability.Filesystem, "read", paths)}
	if !slices.Contains(s.ReadOnly, dir) {
		grants = append(grants, grant(capability.Filesystem, "write", paths), grant(capability.Filesystem, "delete", paths))
	}
	return grants
}

// Lookup answers in a name server's place.
func (s *suiteSpec) Lookup(ctx context.Context, name string) ([]netip.Addr, time.Duration, error) {
	texts, ok := s.Names[strings.TrimSuffix(name, ".")]
	if !ok {
		return netguard.System.Lookup(ctx, name)
	}
	var addrs []netip.Addr
	for _, text := range texts {
		addrs = append(addrs, netip.MustParseAddr(text))
	}
	return addrs, time.Minute, nil
}

// ownAddresses grants what a program does with this machine's own addresses: at the
// ports that systems choose, since a pattern is for one.
func ownAddresses() []capability.Grant {
	var grants []capability.Grant
	for _, host := range []string{"127.0.0.1", "[::1]", "0.0.0.0", "[::]"} {
		grants = append(grants, grant(capability.Network, "bind", host+":0"), grant(capability.Network, "listen", host+":0"))
	}
	for port := 1024; port < 1<<16; port++ {
		for _, host := range []string{"127.0.0.1", "[::1]"} {
			at := fmt.Sprint(host, ":", port)
			grants = append(grants, grant(capability.Network, "connect", at), grant(capability.Network, "bind", at), grant(capability.Network, "listen", at))
		}
		for _, host := range []string{"0.0.0.0", "[::]"} {
			grants = append(grants, grant(capability.Network, "bind", fmt.Sprint(host, ":", port)))
		}
	}
	for _, name := range []string{"example.com:80", "localhost:80", "127.0.0.1:80", "[::1]:80", "some.invalid.dnsname:3000"} {
		grants = append(grants, grant(capability.Network, "connect", name))
	}
	return grants
}
