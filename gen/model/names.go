package model

import (
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// initialisms are the words that Go writes in capitals.
var initialisms = wordSet(`
	abi acl api ascii cpu crc css csv db dns dtls eof fifo ftp gpu gpg guid hmac html http https id imap io ip ipv4
	ipv6 json jwt kv lhs lru mac mime mtls nats ok os pdf pid png qps ram rgb rgba rhs rpc rsa sha sku sla smtp sql ssh
	svg tcp tls toml ttl tty udp ui uid uri url utc utf8 utf16 uuid vm wasi wasm wit xml xsrf xss yaml`)

// predeclared are Go's own names, which a local name should not hide.
var predeclared = wordSet(`
	any append bool byte cap clear close comparable complex complex64 complex128 copy delete error false float32
	float64 imag int int8 int16 int32 int64 iota len make max min new nil panic print println real recover rune
	string true uint uint8 uint16 uint32 uint64 uintptr`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// GoName is a WIT name as an exported Go name: http-client becomes HTTPClient.
func GoName(name string) string {
	var b strings.Builder
	for _, w := range strings.Split(strings.TrimPrefix(name, "%"), "-") {
		b.WriteString(word(w))
	}
	return b.String()
}

// LocalName is a WIT name as the name of a variable: old-path becomes oldPath. A
// name that Go has itself, or that taken has, gets an underscore.
func LocalName(name string, taken func(string) bool) string {
	first, rest, more := strings.Cut(strings.TrimPrefix(name, "%"), "-")
	local := strings.ToLower(first)
	if more {
		local += GoName(rest)
	}
	for token.IsKeyword(local) || predeclared[local] || taken(local) {
		local += "_"
	}
	return local
}

func word(w string) string {
	lower := strings.ToLower(w)
	switch {
	case w == "":
		return ""
	case initialisms[lower]:
		return strings.ToUpper(w)
	case strings.HasSuffix(lower, "s") && initialisms[lower[:len(lower)-1]]:
		return strings.ToUpper(w[:len(w)-1]) + "s"
	}
	return strings.ToUpper(w[:1]) + w[1:]
}

// unimportable are folder names that Go gives a meaning to, and package names
// that cannot be imported.
var unimportable = []string{"internal", "vendor", "testdata", "main"}

// packageName is a name of WIT, or of the output folder, as that of a Go package
// and of its folder.
func packageName(name string) string {
	p := strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
	if p == "" || p[0] <= '9' {
		p = "p" + p
	}
	if token.IsKeyword(p) || predeclared[p] || slices.Contains(unimportable, p) {
		p += "_"
	}
	return p
}

// versionName is a version as the name of a folder: 1.2.3 becomes v1_2_3.
func versionName(version string) string {
	return "v" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, version)
}

// A Scope gives out names, each once.
type Scope map[string]bool

// NewScope is a scope in which the names are taken.
func NewScope(names ...string) Scope {
	s := Scope{}
	for _, n := range names {
		s[n] = true
	}
	return s
}

// Take gives name, or where it is taken name_, then name_2, name_3 and so on.
func (s Scope) Take(name string) string {
	got := name
	for i := 1; s[got]; i++ {
		got = name + "_"
		if i > 1 {
			got += strconv.Itoa(i)
		}
	}
	s[got] = true
	return got
}

// TakeNumbered is Take for names of local variables and helpers: name2, name3.
func (s Scope) TakeNumbered(name string) string {
	got := name
	for i := 2; s[got]; i++ {
		got = name + strconv.Itoa(i)
	}
	s[got] = true
	return got
}
