package wasi_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/airsstack/witgen/runtime/component"
	"github.com/airsstack/witgen/runtime/wasi"
)

// TestJavaScriptProgram fetches with what JavaScript has for it.
func TestJavaScriptProgram(t *testing.T) {
	t.Parallel()
	r := newRunner(t, built(t, "fetch-js"))
	_, addr := origin(t, false)
	_, port, _ := net.SplitHostPort(addr)
	tests := []struct {
		args, grants string
		want         outcome
	}{
		{"http://" + addr + "/hello?x", "connect " + addr, outcome{out: "200 " + addr + "\nhello x\n"}},
		{"http://localhost:" + port + "/hello?x", "connect localhost:" + port, outcome{out: "200 localhost:" + port + "\nhello x\n"}},
		{"http://" + addr + "/echo body", "connect " + addr, outcome{out: "200 null\nbody\n"}},
		{"http://" + addr + "/hello", "", outcome{out: "error: "}},
	}
	for _, test := range tests {
		opts := []component.Option{component.WithGrants(clocksAndRandom...)}
		if test.grants != "" {
			opts = append(opts, networks(test.grants))
		}
		got := r.run(command(test.args), opts...)
		url, _, _ := strings.Cut(test.args, " ")
		if got.err != nil || !strings.HasPrefix(got.out, test.want.out) || got.errors != "fetching "+url+"\n" {
			t.Errorf("%s with %q ended with %+v, want %q", test.args, test.grants, got, test.want.out)
		}
	}
}

// TestPythonProgram asks a program of plain Python for each thing that it is given.
func TestPythonProgram(t *testing.T) {
	t.Parallel()
	r := newRunner(t, built(t, "py-files"))
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tests := []struct {
		do   string
		want outcome
	}{
		{"hello you", outcome{out: "hello you\n"}},
		{"clock", outcome{out: "True True True\n"}},
		{"write /data/a.txt text", outcome{out: "['a.txt']\n"}},
		{"read /data/a.txt", outcome{out: "text\n"}},
		{"read /data/b.secret", outcome{out: "error: Operation not permitted\n"}},
		{"read /etc/passwd", outcome{out: "error: No such file or directory\n"}},
		{"echo", outcome{out: "eno\nowt\n"}},
	}
	for _, test := range tests {
		got := r.run(wasi.Config{
			Args: []string{"prog"}, Env: []string{"DO=" + test.do}, Stdin: reader("one\ntwo\n"),
			Mounts: []wasi.Mount{{Path: "/data", Root: root}},
		}, component.WithGrants(files("read /data", "read /data/*.txt", "write /data/*.txt")...))
		if got != test.want {
			t.Errorf("%s ended with %+v, want %+v", test.do, got, test.want)
		}
	}
}
