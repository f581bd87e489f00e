package wasi_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

var suite = flag.String("suite", "", "a folder with programs of a test suite, components that export wasi:cli/run, to be run each")

// A suiteSpec says how a program of a suite is run, in the file NAME.json beside
// NAME.wasm: as WebAssembly/wasi-testsuite writes it, and in the last two what
// programs about the network need.
type suiteSpec struct {
	Args     []string          `json:"args"`
	Dirs     []string          `json:"dirs"` // copied; each is seen as /NAME, which its name among the args becomes too
	Root     string            `json:"root"` // copied, and seen as /
	Env      map[string]string `json:"env"`
	ExitCode int               `json:"exit_code"`
	Stdout   *string           `json:"stdout"`
	Stdin    string            `json:"stdin"`

	Network bool `json:"network"` // it may use this machine's own addresses
	HTTP    bool `json:"http"`    // it fetches from the server in its variable HTTP_SERVER
}

// TestSuite runs other people's tests of WASI, made components of beforehand:
// docs/wasi.md says which and how.
func TestSuite(t *testing.T) {
	if *suite == "" {
		t.Skip("no -suite folder is given")
	}
	err := filepath.WalkDir(*suite, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".wasm" {
			return err
		}
		name, _ := filepath.Rel(*suite, strings.TrimSuffix(file, ".wasm"))
		t.Run(name, func(t *testing.T) { runOfSuite(t, file) })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func runOfSuite(t *testing.T, file string) {
	wasm, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var spec suiteSpec
	text, err := os.ReadFile(strings.TrimSuffix(file, ".wasm") + ".json")
	if err == nil {
		err = json.Unmarshal(text, &spec)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	config := wasi.Config{Args: []string{filepath.Base(file)}, Stdin: reader(spec.Stdin)}
	grants := []capability.Grant{grant(capability.Import, "", "wasi:clocks/*"), grant(capability.Import, "", "wasi:random/*")}
	if spec.Root != "" {
		config.Mounts = append(config.Mounts, suiteFolder(t, filepath.Join(filepath.Dir(file), spec.Root), "/"))
		for _, action := range []string{"read", "write", "delete"} {
			grants = append(grants, grant(capability.Filesystem, action, "/**"))
		}
	}
	for _, dir := range spec.Dirs {
		config.Mounts = append(config.Mounts, suiteFolder(t, filepath.Join(filepath.Dir(file), dir), "/"+dir))
		for _, action := range []string{"read", "write", "delete"} {
			grants = append(grants, grant(capability.Filesystem, action, "/"+dir+"/**"))
		}
	}
	for _, arg := range spec.Args {
		if slices.Contains(spec.Dirs, arg) {
			arg = "/" + arg
		}
		config.Args = append(config.Args, arg)
	}
	for name, value := range spec.Env {
		config.Env = append(config.Env, name+"="+value)
	}
	if spec.HTTP {
		addr := mirror(t)
		config.Env = append(config.Env, "HTTP_SERVER="+addr)
		grants = append(grants, grant(capability.Network, "connect", addr), grant(capability.Network, "connect", "localhost:"+strings.Split(addr, ":")[1]))
	}
	if spec.Network {
		grants = append(grants, ownAddresses()...)
	}
	r := newRunner(t, wasm)
	got := r.run(config, component.WithGrants(grants...), component.WithLimits(component.Limits{CallTime: time.Minute}))
	if got.err != nil || got.code != spec.ExitCode || spec.Stdout != nil && got.out != *spec.Stdout {
		t.Errorf("it ended with %d, %v, want %d; out %.500q, err %.1000q", got.code, got.err, spec.ExitCode, got.out, got.errors)
	}
}

// suiteFolder gives a copy of a folder, or an empty one where there is none.
func suiteFolder(t *testing.T, from, as string) wasi.Mount {
	t.Helper()
	dir := t.TempDir()
	if _, err := os.Stat(from); err == nil {
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return wasi.Mount{Path: as, Root: root}
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

// mirror answers with what it was sent, as Wasmtime's tests of outgoing requests
// expect it.
func mirror(t *testing.T) (addr string) {
	t.Helper()
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-wasmtime-test-method", r.Method)
		w.Header().Set("x-wasmtime-test-uri", r.URL.RequestURI())
		_ = http.NewResponseController(w).EnableFullDuplex()
		_, _ = io.Copy(w, r.Body)
	})}
	l := listenLocal(t)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

func listenLocal(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
