package trust_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/airsstack/witgen/internal/tomlpos"
	"github.com/airsstack/witgen/runtime/trust"
	"github.com/airsstack/witgen/runtime/trust/signature"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

func wasm(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("../../testdata/guests/wat-min/wat-min.wasm")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newKey(t testing.TB) signature.PrivateKey {
	t.Helper()
	k, err := signature.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func parse(t testing.TB, text string) *trust.Config {
	t.Helper()
	c, err := trust.Parse("trust.toml", []byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return c
}

// The rules of trust files, one broken at a time. The first thirteen lines of want are those of the original system.
func TestRules(t *testing.T) {
	t.Parallel()
	key := newKey(t).Public().String()
	dir := t.TempDir()
	sum := strings.Repeat("0a", 32)
	git := func(keys string) string {
		return "type = \"git\"\nurl_pattern = \"https://github.com/acme/*\"\n" + keys
	}
	local := func(keys string) string {
		return fmt.Sprintf("type = \"local\"\npath_pattern = '%s'\n%s", filepath.Join(dir, "**"), keys)
	}
	for _, tt := range []struct {
		rule, key, source, want string
	}{
		{"URL form", "url_pattern", `type = "git"` + "\nurl_pattern = \"github.com/acme\"", "no Git URL"},
		{"branch name", "branch", git(`branch = "a..b"`), "no name of a branch"},
		{"commit", "commit", git(`commit = "abc123"`), "40 hex digits"},
		{"key id", "signer", "type = \"signing_key\"\npublic_key = \"" + key + "\"\nsigner = \"\\n\"", "whose key it is"},
		{"key form", "public_key", "type = \"signing_key\"\nsigner = \"a\"\npublic_key = \"ed25519:zzz\"", "base64"},
		{"key algorithm", "public_key", "type = \"signing_key\"\nsigner = \"a\"\npublic_key = \"ssh-rsa AAAA\"", "not supported"},
		{"key strength", "public_key", "type = \"signing_key\"\nsigner = \"a\"\npublic_key = \"ed25519:" + strings.Repeat("A", 43) + "=\"", "weak key"},
		{"path exists", "path_pattern", "type = \"local\"\npath_pattern = '" + filepath.Join(dir, "gone", "*") + "'", "there is no"},
		{"SHA-256", "sha256", local(`sha256 = "0A"`), "64 hex digits"},
		{"path absolute", "path_pattern", "type = \"local\"\npath_pattern = \"components/**\"", "not an absolute path"},
		{"no URL twice", "url_pattern", git("") + "\n[[trust.sources]]\n" + git(""), "says the same"},
		{"no key twice", "public_key", strings.Repeat("\n[[trust.sources]]\ntype = \"signing_key\"\nsigner = \"a\"\npublic_key = \""+key+"\"\n", 2), "says the same"},
		{"no path twice", "path_pattern", local("") + "\n[[trust.sources]]\n" + local(""), "says the same"},

		{"no hash twice", "sha256", strings.Repeat("\n[[trust.sources]]\ntype = \"hash\"\nsha256 = \""+sum+"\"\n", 2), "says the same"},
		{"safe transport", "url_pattern", "type = \"git\"\nurl_pattern = \"http://github.com/acme/*\"", "does not prove"},
		{"no host pattern", "url_pattern", "type = \"git\"\nurl_pattern = \"https://*.com/acme/x\"", "host is a pattern"},
		{"not every owner", "url_pattern", "type = \"git\"\nurl_pattern = \"https://github.com/**\"", "too wide"},
		{"no password", "url_pattern", "type = \"git\"\nurl_pattern = \"https://a:b@github.com/acme/x\"", "names a user"},
		{"not every path", "path_pattern", "type = \"local\"\npath_pattern = \"/**\"", "too wide"},
		{"no empty hash", "sha256", `type = "hash"`, "64 hex digits"},
		{"no empty type", "type", `signer = "a"`, "no type of source"},
		{"no key of another type", "branch", local(`branch = "main"`), "has no `branch`"},
		{"one URL", "url", git(`url = "https://github.com/acme/x"`), "write one of the two"},
		{"a URL is none of many", "url", "type = \"git\"\nurl = \"https://github.com/acme/*\"", "call it `url_pattern`"},
		{"known keys", "singer", `singer = "a"`, "did you mean `signer`"},
	} {
		text := tt.source
		if !strings.HasPrefix(text, "\n") {
			text = "[[trust.sources]]\n" + text
		}
		_, err := trust.Parse("trust.toml", []byte(text))
		all, ok := errors.AsType[tomlpos.Errors](err)
		if !ok || !strings.Contains(all.Error(), tt.want) || !strings.Contains(all.Error(), tt.key) {
			t.Errorf("%s: %v", tt.rule, err)
		}
	}
	if _, err := trust.Parse("trust.toml", []byte("[trust]\ndev_mode = true\nforbid_dev_mode = true\n")); err == nil {
		t.Error("dev mode is on and forbidden")
	}
}

func TestFolderThatAnybodyWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o777 || os.PathSeparator != '/' {
		t.Skip("no modes here")
	}
	if _, err := trust.Parse("trust.toml", []byte("[[trust.sources]]\ntype = \"local\"\npath_pattern = \""+dir+"/**\"")); err == nil || !strings.Contains(err.Error(), "anybody may write") {
		t.Error(err)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	ours, theirs := newKey(t), newKey(t)
	plain := wasm(t)
	signed, err := signature.Sign(plain, ours)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := signature.Sign(plain, theirs)
	if err != nil {
		t.Fatal(err)
	}
	broken := append([]byte(nil), signed...)
	broken[len(broken)-1] ^= 1
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	hash := (&trust.Component{Wasm: plain}).Hash()
	sources := func(text string) string { return "[[trust.sources]]\n" + text }
	key := sources("type = \"signing_key\"\nsigner = \"acme\"\npublic_key = \"" + ours.Public().String() + "\"\n")
	git := sources("type = \"git\"\nurl_pattern = \"https://github.com/acme/*\"\nbranch = \"main\"\n")
	pinned := sources("type = \"git\"\nurl = \"git@github.com:acme/tool.git\"\ncommit = \"" + commit + "\"\n")
	local := sources("type = \"local\"\npath_pattern = '" + filepath.Join(dir, "**") + "'\n")
	sum := sources("type = \"hash\"\nsha256 = \"" + hash + "\"\n")
	from := func(url, branch, commit string) *trust.Origin {
		return &trust.Origin{URL: url, Branch: branch, Commit: commit}
	}
	for _, tt := range []struct {
		name, config string
		wasm         []byte
		path         string
		origin       *trust.Origin
		want         trust.Level
	}{
		{"nothing is trusted", "", signed, "", nil, trust.Unknown},
		{"a key", key, signed, "", nil, trust.Trusted},
		{"unsigned", key, plain, "", nil, trust.Unknown},
		{"another's key", key, foreign, "", nil, trust.Unknown},
		{"changed since", key, broken, "", nil, trust.Unknown},
		{"a hash", sum, plain, "", nil, trust.Trusted},
		{"another hash", sum, signed, "", nil, trust.Unknown},
		{"a folder", local, plain, filepath.Join(dir, "a", "x.wasm"), nil, trust.Trusted},
		{"beside the folder", local, plain, dir + "x.wasm", nil, trust.Unknown},
		{"no place", local, plain, "", nil, trust.Unknown},
		{"up and out", local, plain, dir + "/../x.wasm", nil, trust.Unknown},
		{"a repository", git, plain, "", from("https://github.com/acme/tool.git", "main", commit), trust.Trusted},
		{"its host in capitals", git, plain, "", from("https://GitHub.com/acme/tool/", "main", commit), trust.Trusted},
		{"another branch", git, plain, "", from("https://github.com/acme/tool", "evil", commit), trust.Unknown},
		{"no branch", git, plain, "", from("https://github.com/acme/tool", "", commit), trust.Unknown},
		{"no commit", git, plain, "", from("https://github.com/acme/tool", "main", ""), trust.Unknown},
		{"no record", git, plain, "", nil, trust.Unknown},
		{"a host that begins alike", git, plain, "", from("https://github.com.evil.example/acme/tool", "main", commit), trust.Unknown},
		{"a host that ends alike", git, plain, "", from("https://evilgithub.com/acme/tool", "main", commit), trust.Unknown},
		{"the host as user", git, plain, "", from("https://github.com@evil.example/acme/tool", "main", commit), trust.Unknown},
		{"another port", git, plain, "", from("https://github.com:8443/acme/tool", "main", commit), trust.Unknown},
		{"another owner", git, plain, "", from("https://github.com/evil/tool", "main", commit), trust.Unknown},
		{"up to another owner", git, plain, "", from("https://github.com/acme/../evil", "main", commit), trust.Unknown},
		{"encoded", git, plain, "", from("https://github.com/acme/%2e%2e", "main", commit), trust.Unknown},
		{"deeper than the pattern", git, plain, "", from("https://github.com/acme/a/b", "main", commit), trust.Unknown},
		{"without safety", git, plain, "", from("http://github.com/acme/tool", "main", commit), trust.Unknown},
		{"a commit", pinned, plain, "", from("ssh://git@github.com/acme/tool", "x", commit), trust.Trusted},
		{"another commit", pinned, plain, "", from("git@github.com:acme/tool.git", "", strings.Repeat("0", 40)), trust.Unknown},
		{"dev mode", "[trust]\ndev_mode = true\n", plain, "", nil, trust.DevMode},
		{"dev mode and a key", "[trust]\ndev_mode = true\n" + key, signed, "", nil, trust.Trusted},
	} {
		v := parse(t, tt.config).Judge(&trust.Component{Wasm: tt.wasm, Path: tt.path, Origin: tt.origin})
		if v.Level != tt.want || (v.Source != nil) != (tt.want == trust.Trusted) || (len(v.Reason) > 0) != (tt.want != trust.Trusted) {
			t.Errorf("%s: %+v, want %s", tt.name, v, tt.want)
		}
		if signed := tt.want == trust.Trusted && strings.Contains(tt.config, "acme\"\npublic"); (v.Signer == "acme") != signed {
			t.Errorf("%s: signed by %q", tt.name, v.Signer)
		}
	}
}

// What a manifest says of where its component comes from gives no trust, and takes some where it is not so.
func TestClaims(t *testing.T) {
	t.Parallel()
	plain, dir := wasm(t), t.TempDir()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	here, there := filepath.Join(dir, "x.wasm"), filepath.Join(dir, "y.wasm")
	for _, file := range []string{here, there} {
		if err := os.WriteFile(file, plain, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.Sum256(plain)
	git := "[[trust.sources]]\ntype = \"git\"\nurl_pattern = \"https://github.com/acme/*\"\n"
	local := "[[trust.sources]]\ntype = \"local\"\npath_pattern = '" + filepath.Join(dir, "**") + "'\n"
	hash := "[[trust.sources]]\ntype = \"hash\"\nsha256 = \"" + hex.EncodeToString(sum[:]) + "\"\n"
	const tool, commit2 = "https://github.com/acme/tool", "1123456789abcdef0123456789abcdef01234567"
	record := &trust.Origin{URL: tool, Branch: "main", Commit: commit}
	for _, tt := range []struct {
		name, config string
		origin       *trust.Origin
		claim        *trust.Claim
		want         trust.Level
		reason       string
	}{
		{"no claim", git, record, nil, trust.Trusted, ""},
		{"what was recorded", git, record, &trust.Claim{Git: tool + ".git", Branch: "main", Commit: commit}, trust.Trusted, ""},
		{"a claim alone", git, nil, &trust.Claim{Git: tool, Branch: "main", Commit: commit}, trust.Unknown, "nobody has recorded that of these bytes"},
		{"a trusted one of one that is not", git, &trust.Origin{URL: "https://github.com/evil/tool", Commit: commit}, &trust.Claim{Git: tool}, trust.Unknown, "it is recorded as fetched from https://github.com/evil/tool"},
		{"another repository", git, record, &trust.Claim{Git: "https://github.com/acme/other"}, trust.Unknown, "it is recorded as fetched from"},
		{"another branch", git, record, &trust.Claim{Git: tool, Branch: "next"}, trust.Unknown, "it is recorded as fetched from"},
		{"another commit", git, record, &trust.Claim{Git: tool, Commit: commit2}, trust.Unknown, "it is recorded as fetched from"},
		{"no URL", git, record, &trust.Claim{Git: "https://"}, trust.Unknown, "it is recorded as fetched from"},
		{"a place, of one that was fetched", git, record, &trust.Claim{Path: filepath.ToSlash(here)}, trust.Unknown, "trusted repository"},
		{"its place", local, nil, &trust.Claim{Path: filepath.ToSlash(here)}, trust.Trusted, ""},
		{"another place", local, nil, &trust.Claim{Path: filepath.ToSlash(there)}, trust.Unknown, "it does not lie there"},
		{"a trusted repository, in no trusted place", "", nil, &trust.Claim{Git: tool}, trust.Unknown, "nobody has recorded"},
		{"a repository, in a trusted place", local, nil, &trust.Claim{Git: "https://github.com/evil/tool"}, trust.Trusted, ""},
		{"the bytes, whatever is said of them", hash, nil, &trust.Claim{Git: "https://github.com/evil/tool"}, trust.Trusted, ""},
	} {
		v := parse(t, tt.config).Judge(&trust.Component{Wasm: plain, Path: here, Origin: tt.origin, Claim: tt.claim})
		if v.Level != tt.want || !strings.Contains(strings.Join(v.Reason, ", "), tt.reason) {
			t.Errorf("%s: %+v", tt.name, v)
		}
	}
}

// A link in a trusted folder does not make trusted what it leads to.
func TestLink(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "x.wasm")
	if err := os.WriteFile(outside, wasm(t), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "x.wasm")
	if err := os.Symlink(outside, link); err != nil {
		t.Skip(err)
	}
	target, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := trust.At(link, wasm(t))
	if err != nil {
		t.Fatal(err)
	}
	v := parse(t, "[[trust.sources]]\ntype = \"local\"\npath_pattern = '"+filepath.Join(target, "**")+"'").Judge(c)
	if v.Level != trust.Unknown {
		t.Errorf("%+v", v)
	}
}

func TestDevModeForbidden(t *testing.T) {
	t.Parallel()
	if _, err := parse(t, "[trust]\nforbid_dev_mode = true").Dev(); !errors.Is(err, trust.ErrDevModeForbidden) {
		t.Error(err)
	}
	c := parse(t, "")
	dev, err := c.Dev()
	if err != nil || !dev.DevMode || c.DevMode {
		t.Errorf("%+v, %v", dev, err)
	}
}

func TestEdit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trust.toml")
	add := func(s trust.Source) error {
		return trust.Edit(path, func(c *trust.Config) error { c.Sources = append(c.Sources, s); return nil }, nil)
	}
	hash := func(i int) *trust.Hash {
		return &trust.Hash{SHA256: fmt.Sprintf("%064x", i), Description: "number\n\"" + fmt.Sprint(i) + `\`}
	}
	for i := range 8 {
		if err := add(hash(i)); err != nil {
			t.Fatal(err)
		}
	}
	key := &trust.Key{PublicKey: newKey(t).Public(), Signer: "acme"}
	git := &trust.Git{URLPattern: "https://github.com/acme/*", Branch: "main"}
	for _, s := range []trust.Source{key, git} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	c, err := trust.Load(path)
	if err != nil || len(c.Sources) != 10 || c.Edited || c.Sources[3].Note() != hash(3).Description {
		t.Fatalf("%+v, %v", c, err)
	}
	for i := 1; i <= 6; i++ {
		old, err := trust.Load(fmt.Sprintf("%s.%d", path, i))
		if (err == nil) != (i <= 5) || err == nil && len(old.Sources) != 10-i {
			t.Errorf("backup %d: %v", i, err)
		}
	}
	if err := add(hash(1)); err == nil || !strings.Contains(err.Error(), "says the same") {
		t.Errorf("the same twice: %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "acme", "evil", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := trust.Load(path); err != nil || !c.Edited {
		t.Errorf("edited by hand and not told: %v", err)
	}
	refuse := errors.New("no")
	err = trust.Edit(path, func(c *trust.Config) error { c.Sources = nil; return nil }, func(from, to *trust.Config) error {
		if len(from.Sources) != 10 || len(to.Sources) != 0 {
			t.Errorf("from %d to %d sources", len(from.Sources), len(to.Sources))
		}
		return refuse
	})
	if c, e := trust.Load(path); !errors.Is(err, refuse) || e != nil || len(c.Sources) != 10 {
		t.Errorf("changed without a record: %v, %v", err, e)
	}
}

func TestEditByMany(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trust.toml")
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			err := trust.Edit(path, func(c *trust.Config) error {
				c.Sources = append(c.Sources, &trust.Hash{SHA256: fmt.Sprintf("%064x", i)})
				return nil
			}, nil)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if c, err := trust.Load(path); err != nil || len(c.Sources) != 10 {
		t.Errorf("%+v, %v", c, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[trust]\ndev_mode = true\n[[trust.sources]]\ntype = \"git\"\nurl = \"git@h:a/b\"\n"))
	f.Add([]byte("[[trust.sources]]\ntype = \"hash\"\nsha256 = \"" + strings.Repeat("0", 64) + "\"\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := trust.Parse("trust.toml", src)
		if _, ok := errors.AsType[tomlpos.Errors](err); err != nil && !ok {
			t.Fatalf("%T: %v", err, err)
		}
		if err == nil {
			c.Judge(&trust.Component{Wasm: src, Origin: &trust.Origin{URL: string(src), Commit: commit}})
		}
	})
}
