package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/control"
	"github.com/airsstack/witgen/runtime/trust/gate"
)

var updateScripts = flag.Bool("update", false, "write the outputs that scripts compare with")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"witgen": main})
}

// The commands as people use them. In the scripts $TREE is the top folder of
// this repository, for guests and examples.
func TestScripts(t *testing.T) {
	t.Parallel()
	tree, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	testscript.Run(t, testscript.Params{
		Dir:           filepath.Join("testdata", "script"),
		UpdateScripts: *updateScripts,
		Condition: func(name string) (bool, error) {
			switch name {
			case "rust", "go", "js": // building takes a minute and the network
				return os.Getenv("WITGEN_TEST_"+strings.ToUpper(name)) != "", nil
			}
			return false, fmt.Errorf("there is no condition %s", name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"logged": logged, "scrape": scrape, "audited": audited},
		Setup: func(env *testscript.Env) error {
			env.Setenv("TREE", tree)
			env.Setenv("XDG_CACHE_HOME", cache)
			runs, err := os.MkdirTemp("", "wg") // sockets have short paths
			if err != nil {
				return err
			}
			env.Defer(func() { _ = os.RemoveAll(runs) })
			env.Setenv("WITGEN_RUN_DIR", filepath.Join(runs, "run"))
			for _, name := range []string{"GOMODCACHE", "GOCACHE"} { // the scripts have no home
				value, err := exec.Command("go", "env", name).Output()
				if err != nil {
					return err
				}
				env.Setenv(name, strings.TrimSpace(string(value)))
			}
			for _, name := range []string{"npm_config_cache", "npm_config_registry", "ADAPTER", "CARGO", "CARGO_HOME", "CARGO_FLAGS", "RUSTC", "RUSTC_BOOTSTRAP", "RUSTFLAGS", "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER"} {
				env.Setenv(name, os.Getenv(name))
			}
			env.Setenv("GOFLAGS", "-mod=mod")
			env.Setenv("GOPROXY", "off")
			return nil
		},
	})
}

// logged NAME PATTERN waits until the run of that name tells, in JSON, what the
// pattern matches.
func logged(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: logged NAME PATTERN")
	}
	pattern := regexp.MustCompile(args[1])
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := control.Dial(ctx, ts.Getenv("WITGEN_RUN_DIR"), args[0])
	ts.Check(err)
	defer client.Close()
	var line strings.Builder
	p := newPrinter(&line, true, nil)
	for r, err := range client.Journal(ctx, control.Query{Last: -1, Follow: true}) {
		ts.Check(err)
		line.Reset()
		if p.print(r); pattern.MatchString(line.String()) {
			return
		}
	}
	ts.Fatalf("the run ended, and told of no %s", pattern)
}

// audited DIR PATTERN waits until the audit log of that state has a record that the pattern matches.
func audited(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: audited DIR PATTERN")
	}
	pattern := regexp.MustCompile(args[1])
	log := audit.NewReader(gate.LogDir(ts.MkAbs(args[0])))
	// It is another process that writes, and nothing tells of a line of its file.
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		found := false
		err := log.Read(func(r *audit.Record) {
			line, err := json.Marshal(r)
			ts.Check(err)
			found = found || pattern.Match(line)
		})
		if !errors.Is(err, os.ErrNotExist) {
			ts.Check(err)
		}
		if found {
			return
		}
	}
	ts.Fatalf("no record matches %s", pattern)
}

// scrape NAME prints the metrics of the run of that name to the file metrics.
func scrape(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: scrape NAME")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := control.Dial(ctx, ts.Getenv("WITGEN_RUN_DIR"), args[0])
	ts.Check(err)
	defer client.Close()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, client.Run().Metrics, nil)
	ts.Check(err)
	answer, err := http.DefaultClient.Do(r)
	ts.Check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("metrics"), text, 0o600))
}
