package store_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/airsstack/witgen/runtime/store"
)

// writer, set to a path, makes this program one that stores numbers there until
// it is killed, and says which are stored.
const writer = "WITGEN_STORE_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writer); path != "" {
		write(path)
	}
	os.Exit(m.Run())
}

func write(path string) {
	s, err := store.Open(path)
	if err != nil {
		panic(err)
	}
	n := s.Namespace("n", 0)
	for i := 0; ; i++ {
		if err := n.Set(strconv.Itoa(i%7), []byte(strconv.Itoa(i))); err != nil {
			panic(err)
		}
		fmt.Println(i)
	}
}

// A process that is killed while it writes leaves all that it was told is stored,
// and sums that are right.
func TestKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "v.db")
	for round := range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), writer+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := -1
		lines := bufio.NewScanner(out)
		for last < 20+13*round && lines.Scan() {
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it said before it was gone
			last, _ = strconv.Atoi(lines.Text())
		}
		_ = cmd.Wait()

		s := open(t, path)
		n := s.Namespace("n", 0)
		if u := balanced(t, n); u.Keys != 7 {
			t.Errorf("%+v", u)
		}
		value, err := n.Get(strconv.Itoa(last % 7))
		if got, _ := strconv.Atoi(string(value)); err != nil || got < last {
			t.Errorf("it said that %d is stored; there is %q, %v", last, value, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
