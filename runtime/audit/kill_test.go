package audit_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/airsstack/witgen/runtime/audit"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

// TestKillDropping kills a process that writes a log of which little is kept, again and again: the log verifies each time, and what was committed last is in it.
func TestKillDropping(t *testing.T) {
	if dir := os.Getenv("WITGEN_DROP_DIR"); dir != "" {
		dropping(dir)
		return
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	k := newKit(t)
	dir := filepath.Dir(k.cfg.Dir)
	if err := k.cfg.Key.WriteFiles(filepath.Join(dir, "key"), "test"); err != nil {
		t.Fatal(err)
	}
	died := 0
	const kills = 10
	for range kills {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKillDropping$")
		cmd.Env = append(os.Environ(), "WITGEN_DROP_DIR="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last, seen, steps, moment := "", 0, 20+random.IntN(60), time.Duration(random.IntN(3000))*time.Microsecond
		var timer *time.Timer
		for lines := bufio.NewScanner(out); lines.Scan(); seen++ {
			last = lines.Text()
			if seen == steps {
				timer = time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
			}
		}
		if timer != nil {
			timer.Stop()
		}
		if cmd.Wait() != nil {
			died++
		}
		k.sound() // as it was left
		found := false
		for _, r := range k.records() {
			found = found || r.Component == last
		}
		if !found {
			t.Errorf("%q was on the disk and is lost", last)
		}
	}
	k.cfg.FileSize, k.cfg.Keep.Files = 2000, 3
	k.fill(1) // the next one to open the log removes what was left
	if r := k.sound(); r.Files > 3 || r.First == 1 || died < kills*9/10 {
		t.Errorf("killed %d times: %+v", died, r)
	}
}

// dropping writes until it is killed, and says what is on the disk.
func dropping(dir string) {
	key, err := signature.ReadPrivateKey(filepath.Join(dir, "key"))
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := audit.Open(audit.Config{
		Dir: filepath.Join(dir, "log"), Head: filepath.Join(dir, "head"), Key: key, FileSize: 2000, Keep: audit.Keep{Files: 3},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := 0; ; i++ {
		name := fmt.Sprintf("demo:p%d-%d", os.Getpid(), i)
		if err := l.Commit(context.Background(), audit.Record{Event: audit.Approval, Component: name}); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(name)
	}
}
