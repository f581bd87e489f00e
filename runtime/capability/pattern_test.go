package capability_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/airsstack/witgen/runtime/capability"
)

func TestPatternMatch(t *testing.T) {
	t.Parallel()
	long := "/data/" + strings.Repeat("a", 5000)
	tests := []struct {
		kind    capability.Kind
		pattern string
		yes, no []string
	}{
		{capability.Filesystem, "/data/orders.csv", []string{"/data/orders.csv"}, []string{"/data/orders.csvx", "/data/orders", "/Data/orders.csv", "data/orders.csv", "/data/orders.csv/"}},
		{
			capability.Filesystem, "/data/**",
			[]string{"/data", "/data/a", "/data/a/b/c", "/data/..a", "/data/a b", "/data/...", "/data/é"},
			[]string{
				"/", "/database", "/database/a", "/dat", "/DATA/a", "/other/data/a", "", "data/a", long,
				"/data/../etc/passwd", "/data/..", "/data/./a", "/data/.", "/data//a", "//data/a", "/data/", "/./data/a",
				"/data/a\x00", "/data/a\nb", `/data\a`, `/data/..\a`, "/data/\xff", "\x00", "~/data/a", "file:///data/a",
			},
		},
		{capability.Filesystem, "/data/*", []string{"/data/a", "/data/.hidden"}, []string{"/data", "/data/a/b", "/data/.."}},
		{capability.Filesystem, "/data/*.csv", []string{"/data/a.csv", "/data/.csv"}, []string{"/data/a.csv.bak", "/data/a/b.csv", "/data/a.CSV"}},
		{capability.Filesystem, "/data/**/*.csv", []string{"/data/a.csv", "/data/x/y/a.csv"}, []string{"/data/a.txt", "/data", "/datax/a.csv"}},
		{capability.Filesystem, "/a/**/b/**/c", []string{"/a/b/c", "/a/x/b/y/z/c", "/a/b/b/c/c"}, []string{"/a/b", "/a/c", "/a/b/c/d"}},
		{capability.Filesystem, "/a/**/**", []string{"/a", "/a/b"}, []string{"/ab"}},
		{capability.Filesystem, "/**", []string{"/", "/a", "/a/b"}, []string{"", "a"}},
		{capability.Filesystem, "/", []string{"/"}, []string{"/a", "//"}},
		{capability.Filesystem, "/a?c", []string{"/abc"}, []string{"/a/c", "/ac", "/abbc"}},
		{capability.Filesystem, "/a[!x]c", []string{"/abc"}, []string{"/axc", "/a/c"}}, // a class takes no "/"
		{capability.Filesystem, "/a[.-0]c", []string{"/a.c", "/a0c"}, []string{"/a/c"}},
		{capability.Filesystem, "/log/[a-c]*", []string{"/log/a", "/log/cx"}, []string{"/log/d"}},
		{capability.Filesystem, "/{in,out/{x,y}}/*", []string{"/in/a", "/out/x/a", "/out/y/a"}, []string{"/out/a", "/in,out/a", "/out/z/a"}},
		{capability.Filesystem, "/a[{]b[}]", []string{"/a{b}"}, []string{"/ab"}},
		{capability.Filesystem, "/[^a-cx-]?é*", []string{"/dxébc", "/dxé"}, []string{"/aébc", "/-xé", "/xxé", "/dé", "/dxe"}},
		{capability.Filesystem, "/a*b*c", []string{"/abc", "/axbxbxc", "/abcc"}, []string{"/ab", "/acb", "/abcd", "/a/bc"}},
		{capability.Filesystem, "/my files/**", []string{"/my files/a"}, []string{"/my"}},

		{
			capability.Messaging, "orders:ledger",
			[]string{"orders:ledger", "orders:ledger/1"},
			[]string{"orders:ledgerX", "orders:ledge", "orders:Ledger", "Orders:ledger", "orders:ledger/", "orders:ledger/1/2", "orders:ledger:x", "orders", ":ledger", "orders:", "", "orders:ledger\x00", "orders:ledger ", "xorders:ledger", "a:orders:ledger"},
		},
		{capability.Messaging, "orders:ledger/1", []string{"orders:ledger/1"}, []string{"orders:ledger", "orders:ledger/12", "orders:ledger/2"}},
		{capability.Messaging, "orders:ledger/*", []string{"orders:ledger/1"}, []string{"orders:ledger", "orders:ledger/"}},
		{capability.Messaging, "orders:*", []string{"orders:a", "orders:a/1"}, []string{"orders:", "ordersx:a", "orders:a:b", "orders:*"}},
		{capability.Messaging, "orders:led*-v*", []string{"orders:ledger-v1", "orders:led-v-v"}, []string{"orders:ledger", "orders:led/x-v1"}},
		{capability.Messaging, "*:ledger", []string{"orders:ledger"}, []string{"orders:ledgers", ":ledger"}},

		{
			capability.Network, "api.example.com:443",
			[]string{"api.example.com:443", "API.Example.com:443"},
			[]string{"api.example.com:80", "api.example.com:4433", "api.example.com", "api.example.com:0443", "xapi.example.com:443", "api.example.com.:443", "api.example.com.evil.org:443", "api.example.com:443 ", "user@api.example.com:443", "api.example.com:-1", "api.example.com:0", "api.example.com:65536", "api.example.com:+443"},
		},
		{
			capability.Network, "*.example.com:443",
			[]string{"a.example.com:443", "a.b.example.com:443"},
			[]string{"example.com:443", ".example.com:443", "aexample.com:443", "a.example.com:444", "a.example.com.evil.org:443", "a..example.com:443", "evil.org/.example.com:443", "evil.org#.example.com:443", "a.example.com"},
		},
		{capability.Network, "127.0.0.1:0", []string{"127.0.0.1:0"}, []string{"127.0.0.1:80", "127.0.0.1:00", "localhost:0"}},
		{capability.Network, "[2001:db8::1]:80", []string{"[2001:db8::1]:80", "[2001:DB8:0::1]:80"}, []string{"[2001:db8::2]:80", "2001:db8::1:80", "[2001:db8::1%eth0]:80"}},
		{capability.Network, "127.0.0.1:80", []string{"127.0.0.1:80"}, []string{"127.1:80", "0x7f.0.0.1:80", "127.0.0.01:80", "[::ffff:127.0.0.1]:80", "2130706433:80"}},

		{capability.Storage, "shared:*", []string{"shared:a", "shared:a:b", "shared:a/b"}, []string{"shared", "shared:", "sharedx:a", "Shared:a"}},
		{capability.Storage, "component:*:public", []string{"component:x:public"}, []string{"component:x:y:public", "component:x:publicx", "xcomponent:x:public"}},
		{capability.Storage, "a:b*:*", []string{"a:bc:d", "a:b:d:e"}, []string{"a:b", "a:c:d", "a:b:"}},

		{capability.Import, "airssys:core/host-services", []string{"airssys:core/host-services", "airssys:core/host-services@1.0.0", "airssys:core/host-services@2.0.0"}, []string{"airssys:core/host-servicesx@1.0.0", "airssys:core/host", "airssys:core", "host-services"}},
		{capability.Import, "a:b/c@1.2.0", []string{"a:b/c@1.0.0", "a:b/c@1.9.3"}, []string{"a:b/c", "a:b/c@2.0.0", "a:b/c@0.1.0", "a:b/c@1.0.0-rc.1", "a:b/c@10.0.0"}},
		{capability.Import, "a:b/c@0.2.1", []string{"a:b/c@0.2.0", "a:b/c@0.2.9+x"}, []string{"a:b/c@0.3.0", "a:b/c@0.20.0", "a:b/c@1.0.0"}},
		{capability.Import, "a:b/c@0.0.3", []string{"a:b/c@0.0.3"}, []string{"a:b/c@0.0.4"}},
		{capability.Import, "a:b/c@1.0.0-rc.1", []string{"a:b/c@1.0.0-rc.1"}, []string{"a:b/c@1.0.0", "a:b/c@1.0.0-rc.2"}},
		{capability.Import, "wasi:io/*", []string{"wasi:io/streams@0.2.3", "wasi:io/poll"}, []string{"wasi:iox/streams", "wasi:io", "wasi:http/types@0.2.0"}},
		{capability.Import, "wasi:io/*@0.2.0", []string{"wasi:io/streams@0.2.3"}, []string{"wasi:io/streams@0.3.0"}},
		{capability.Import, "log", []string{"log"}, []string{"logs", "a:b/log"}},
		{capability.Import, "[method]file.read", []string{"[method]file.read"}, []string{"file.read", "[method]file.readx", "read"}},

		{capability.Process, "/usr/bin/git", []string{"/usr/bin/git"}, []string{"/usr/bin/gitk", "git", "/usr/bin/git/x"}},
		{"billing", "acct:*", []string{"acct:7", "acct:a b"}, []string{"acct:7:8", "acct:7/8", "acct", "Acct:7", "acct:7\x00"}},
		{"billing", "*", []string{"x"}, []string{"x:y", "x/y", ""}},
	}
	for _, tt := range tests {
		p, err := capability.ParsePattern(tt.kind, tt.pattern)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, r := range tt.yes {
			if !p.Match(r) {
				t.Errorf("%s %q does not match %q", tt.kind, tt.pattern, r)
			}
		}
		for _, r := range tt.no {
			if p.Match(r) {
				t.Errorf("%s %q matches %.60q", tt.kind, tt.pattern, r)
			}
		}
	}
}

func TestParsePatternRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind          capability.Kind
		pattern, want string
	}{
		{capability.Filesystem, "", "is empty"},
		{capability.Messaging, "", "is empty"},
		{"billing", "", "is empty"},
		{capability.Filesystem, "data/**", "is not an absolute path"},
		{capability.Filesystem, "**", "is not an absolute path"},
		{capability.Filesystem, "/data/../etc", `holds ".."`},
		{capability.Filesystem, "/data/./a", `holds "."`},
		{capability.Filesystem, "/data/{a,../b}", `holds ".."`},
		{capability.Filesystem, "/data/", "has an empty segment"},
		{capability.Filesystem, "/data//a", "has an empty segment"},
		{capability.Filesystem, "/data/**.csv", "has ** within a segment"},
		{capability.Filesystem, "/data/[a", "has an unclosed, empty or reversed [class]"},
		{capability.Filesystem, "/data/[z-a]", "has an unclosed, empty or reversed [class]"},
		{capability.Filesystem, "/data/[!]", "has an unclosed, empty or reversed [class]"},
		{capability.Filesystem, "/data/[]", "has an unclosed, empty or reversed [class]"},
		{capability.Filesystem, "/data/[/]a", "has an unclosed, empty or reversed [class]"},
		{capability.Filesystem, "/data/{a", "has braces that do not match"},
		{capability.Filesystem, "/data/a}", "has braces that do not match"},
		{capability.Filesystem, `/data/\*`, "holds a backslash"},
		{capability.Filesystem, "/data\x00", "holds a control character"},
		{capability.Filesystem, "/data\xff", "is not valid UTF-8"},
		{capability.Filesystem, "/" + strings.Repeat("{a,b}", 12), "stands for more than 64 patterns"},
		{capability.Filesystem, "/" + strings.Repeat("{", 1000), "has braces that do not match"},
		{capability.Filesystem, "/" + strings.Repeat("a", 2000), "is longer than 1024 bytes"},
		{capability.Network, "api.example", "has no port"},
		{capability.Network, "api.example:*", "has no port"},
		{capability.Network, "api.example:0", "not a number from 1 to 65535"},
		{capability.Network, "api.example:65536", "not a number from 1 to 65535"},
		{capability.Network, "api.example:443-444", "not a number from 1 to 65535"},
		{capability.Network, "*:443", "has a * elsewhere"},
		{capability.Network, "*.com:443", "covers a whole top-level domain"},
		{capability.Network, "a.*.com:443", "has a * elsewhere"},
		{capability.Network, "*.10.0.0.1:443", "has an address behind *."},
		{capability.Network, "https://api.example:443", "not a name or an address"},
		{capability.Network, "::1:443", "not a name or an address"},
		{capability.Storage, "shared:", "has an empty name"},
		{capability.Storage, ":x", "has an empty name"},
		{capability.Storage, "shared:**", "holds **"},
		{capability.Storage, "component:<other>:x", `holds "<other>"`},
		{capability.Messaging, "orders", "is not an address"},
		{capability.Messaging, "orders:", "is not an address"},
		{capability.Messaging, "*", "is not an address"},
		{capability.Messaging, "orders:**", "is not an address"},
		{capability.Messaging, "orders:ledger/", "is not an address"},
		{capability.Messaging, "orders:led ger", "is not an address"},
		{capability.Import, "airssys:core", "names a package, not an interface"},
		{capability.Import, "airssys:core/host@x", "is no version"},
		{capability.Import, "airssys:core/host@0", "is no version"},
		{capability.Import, "airssys:core/host@01.0.0", "is no version"},
		{capability.Import, "*", "is not the name of an interface"},
		{capability.Import, "*:*/*", "is not the name of an interface"},
		{capability.Import, "a:b/ho*", "is not the name of an interface"},
		{"billing", "acct:**", "holds **"},
	}
	for _, tt := range tests {
		p, err := capability.ParsePattern(tt.kind, tt.pattern)
		perr, ok := errors.AsType[*capability.PatternError](err)
		if p != nil || !ok {
			t.Errorf("%s %.40q: %v, %v", tt.kind, tt.pattern, p, err)
			continue
		}
		if !strings.Contains(perr.Reason, tt.want) {
			t.Errorf("%s %.40q: %v; want %q", tt.kind, tt.pattern, err, tt.want)
		}
	}
}

// FuzzGlob holds path matching to an implementation of others, on what both read alike: no classes (theirs take "/"), no braces, no "**" that doubles another or ends the pattern (theirs at times wants a segment there).
func FuzzGlob(f *testing.F) {
	f.Add("/a*b/?/**/c", "/axb/y/c")
	f.Add("/b*/**", "/bx")
	f.Add("/*a*/**/**/é?", "/xax/éa")
	f.Fuzz(func(t *testing.T, pattern, resource string) {
		p, err := capability.ParsePattern(capability.Filesystem, pattern)
		every, _ := capability.ParsePattern(capability.Filesystem, "/**")
		if err != nil || strings.ContainsAny(pattern, "[]{}") || strings.Contains(pattern, "**/**") || strings.HasSuffix(pattern, "**") || !every.Match(resource) || resource == "/" { // to them a "*" is also the nothing behind the "/" of the root
			return
		}
		want, err := doublestar.Match(pattern, resource)
		if err != nil {
			return
		}
		if got := p.Match(resource); got != want {
			t.Fatalf("%q matches %q: %v, want %v", pattern, resource, got, want)
		}
	})
}

// FuzzFilesystem holds any grant to what no grant may give: a resource that is not the one clean spelling of an absolute path.
func FuzzFilesystem(f *testing.F) {
	f.Add("/data/**", "/data/../x")
	f.Add("/a[!x]{b,c/*}", "/a/b")
	f.Add("/**/a/*/b?", "/a/b/c")
	f.Fuzz(func(t *testing.T, pattern, resource string) {
		p, err := capability.ParsePattern(capability.Filesystem, pattern)
		if err != nil || !p.Match(resource) {
			return
		}
		if !strings.HasPrefix(resource, "/") || resource != "/" && strings.HasSuffix(resource, "/") || strings.ContainsAny(resource, "\\\x00") {
			t.Fatalf("%q matches %q", pattern, resource)
		}
		for segment := range strings.SplitSeq(resource[1:], "/") {
			if segment == "." || segment == ".." || segment == "" && resource != "/" {
				t.Fatalf("%q matches %q", pattern, resource)
			}
		}
		if strings.ContainsAny(pattern, "*?[]{}") {
			return
		}
		if pattern != resource {
			t.Fatalf("%q without wildcards matches %q", pattern, resource)
		}
	})
}
