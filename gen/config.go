package gen

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/airsstack/witgen/internal/tomlpos"
)

// ConfigFile is what the config is called where nobody says otherwise.
const ConfigFile = "witgen.toml"

// A Config says what to generate. It is read from witgen.toml by [ReadConfig] or
// [ParseConfig], and then good for one [Generate].
type Config struct {
	// World is "ns:pkg/world", with or without a version, or the bare name of a
	// world in the main package; it may be left out where there is only one.
	World string `toml:"world"`
	// WIT is the file or folder that is read, relative to Dir; "wit" by default.
	WIT string `toml:"wit"`
	// Out is the folder that the packages go to, relative to Dir.
	Out string `toml:"out"`
	// Features are those of @unstable items that are turned on; AllFeatures turns
	// on every one.
	Features    []string `toml:"features"`
	AllFeatures bool     `toml:"all-features"`
	// SkipUnsupported leaves out functions and types that bindings cannot express
	// yet, and says which.
	SkipUnsupported bool `toml:"skip-unsupported"`
	// Doubles asks for a package with test doubles of what the world imports.
	Doubles bool `toml:"doubles"`
	// NoCatalogue leaves interfaces of known packages without the capability points
	// that this program has for them.
	NoCatalogue bool `toml:"no-catalogue"`
	// With names what exists already, by interface ("ns:pkg/iface", an import
	// path) or type ("ns:pkg/iface#type", "import/path.Type").
	With map[string]string `toml:"with"`
	// Packages names the Go packages of interfaces, by their folders below Out.
	Packages map[string]string `toml:"packages"`
	// Stub, Trace and BorrowArgs are patterns of imported functions,
	// "ns:pkg/iface#function" with * for anything.
	Stub       StringList `toml:"stub"`
	Trace      StringList `toml:"trace"`
	BorrowArgs StringList `toml:"borrow-args"`
	// Package is the import path of Out; by default it follows from go.mod.
	Package string `toml:"package"`
	// OnDeny and Functions are for the functions that the world imports itself.
	OnDeny    OnDeny                   `toml:"on-deny"`
	Functions map[string]PointsConfig  `toml:"functions"`
	Interface map[string]*GuardsConfig `toml:"interface"`

	// Generate holds the worlds of a config that has several, each with an Out of
	// its own; see [Config.Worlds].
	Generate []*Config `toml:"generate"`

	// Dir is the folder of the config.
	Dir string `toml:"-"`

	doc *tomlpos.Document
	src []byte
	at  []any // where the config stands in its file
}

// Worlds are the configs of the single worlds: those of Generate, or the config
// itself.
func (c *Config) Worlds() []*Config {
	if len(c.Generate) == 0 {
		return []*Config{c}
	}
	return c.Generate
}

// A GuardsConfig holds the capability points of one imported interface.
type GuardsConfig struct {
	OnDeny    OnDeny                  `toml:"on-deny"`
	Functions map[string]PointsConfig `toml:"functions"`
}

// A PointConfig is one capability point.
type PointConfig struct {
	Kind     string                `toml:"kind"`
	Resource string                `toml:"resource"`
	Format   string                `toml:"format"`
	Action   string                `toml:"action"`
	Map      map[string]StringList `toml:"map"`
	When     StringList            `toml:"when"`

	// CoveredBy names the function that opened what Handle, a parameter, stands
	// for: the call is allowed as long as the grants of that are. Ends tells that
	// the handle is good for no other call.
	CoveredBy string `toml:"covered-by"`
	Handle    string `toml:"handle"`
	Ends      bool   `toml:"ends"`
	// Check is "host" where the implementation asks the guard itself.
	Check string `toml:"check"`

	at []any
}

// PointsConfig are the points of one function: one table, or a list of them.
type PointsConfig []*PointConfig

// UnmarshalValue implements [tomlpos.Unmarshaler].
func (p *PointsConfig) UnmarshalValue(v *tomlpos.Value) {
	switch v.Any().(type) {
	case map[string]any:
		var one *PointConfig
		v.Decode(&one)
		*p = PointsConfig{one}
	case []any:
		var many []*PointConfig
		v.Decode(&many)
		*p = many
	default:
		v.Mismatch("a table, such as { kind = \"filesystem\", action = \"read\", resource = \"path\" }, or a list of them")
	}
}

// UnmarshalValue implements [tomlpos.Unmarshaler].
func (p *PointConfig) UnmarshalValue(v *tomlpos.Value) {
	type plain PointConfig
	v.Decode((*plain)(p))
	p.at = v.Path()
}

// A StringList is a string, or a list of them.
type StringList []string

// UnmarshalValue implements [tomlpos.Unmarshaler].
func (l *StringList) UnmarshalValue(v *tomlpos.Value) {
	switch s := v.Any().(type) {
	case string:
		*l = StringList{s}
	case []any:
		many := []string{}
		v.Decode(&many)
		*l = many
	default:
		v.Mismatch("a string or a list of strings")
	}
}

// OnDeny is what a refused call answers.
type OnDeny struct {
	// Set tells whether anything is said.
	Set bool
	// Case is a case of the function's error, or "none" or "trap".
	Case string
	// False and Empty are the values false and [].
	False, Empty bool
	// Or are the answers of functions that cannot give this one, in order.
	Or []OnDeny
}

// UnmarshalValue implements [tomlpos.Unmarshaler].
func (d *OnDeny) UnmarshalValue(v *tomlpos.Value) {
	answers, isList := v.Any().([]any)
	if !isList || len(answers) == 0 {
		answers = []any{v.Any()}
	}
	for i, x := range answers {
		one, ok := answer(x)
		if !ok {
			v.Fail("`on-deny` must be a case of the function's error, or false, [], \"none\" or \"trap\", or a list of these", "")
			return
		}
		if i == 0 {
			*d = one
		} else {
			d.Or = append(d.Or, one)
		}
	}
}

// answer reads one value of on-deny.
func answer(x any) (OnDeny, bool) {
	switch x := x.(type) {
	case string:
		return OnDeny{Set: true, Case: x}, true
	case bool:
		return OnDeny{Set: true, False: true}, !x
	case []any:
		return OnDeny{Set: true, Empty: true}, len(x) == 0
	}
	return OnDeny{}, false
}

// FindConfig is where the config lies: in the current folder, or else in the
// nearest above it up to the one with go.mod; [ConfigFile] where there is none.
func FindConfig() string {
	for dir := "."; ; dir = filepath.Join(dir, "..") {
		file := filepath.Join(dir, ConfigFile)
		if _, err := os.Stat(file); err == nil {
			return file
		}
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		abs, absErr := filepath.Abs(dir)
		if err == nil || absErr != nil || filepath.Dir(abs) == abs {
			return ConfigFile
		}
	}
}

// ReadConfig reads the config in file. Its mistakes are *[tomlpos.Error]s.
func ReadConfig(file string) (*Config, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return ParseConfig(file, src)
}

// ParseConfig is ReadConfig for a config that is read already; file names it.
func ParseConfig(file string, src []byte) (*Config, error) {
	doc, err := tomlpos.Parse(filepath.ToSlash(file), src)
	if err != nil {
		return nil, err
	}
	c := &Config{Dir: filepath.Dir(file), doc: doc, src: src}
	doc.Decode(c)
	c.inherit()
	for i, w := range c.Worlds() {
		w.settle()
		for _, other := range c.Worlds()[:i] {
			if within(w.Out, other.Out) || within(other.Out, w.Out) {
				w.fail("`out` is, or is within, that of another world", "each world needs a folder of its own: what is generated there and no longer needed is removed", "out")
			}
		}
	}
	return c, c.err()
}

// inherit gives the worlds of a config what is said for all of them.
func (c *Config) inherit() {
	for i, w := range c.Generate {
		w.Dir, w.doc, w.src, w.at = c.Dir, c.doc, c.src, []any{"generate", i}
		if w.WIT == "" {
			w.WIT = c.WIT
		}
		if w.Features == nil {
			w.Features = c.Features
		}
		w.AllFeatures = w.AllFeatures || c.AllFeatures
		w.SkipUnsupported = w.SkipUnsupported || c.SkipUnsupported
		w.Doubles = w.Doubles || c.Doubles
		w.NoCatalogue = w.NoCatalogue || c.NoCatalogue
		if w.Generate != nil {
			w.fail("a world of several cannot have several", "", "generate")
		}
	}
	if len(c.Generate) == 0 {
		return
	}
	for key, has := range map[string]bool{
		"world": c.World != "", "out": c.Out != "", "package": c.Package != "", "interface": c.Interface != nil,
		"functions": c.Functions != nil, "on-deny": c.OnDeny.Set, "with": c.With != nil, "packages": c.Packages != nil,
		"stub": c.Stub != nil, "trace": c.Trace != nil, "borrow-args": c.BorrowArgs != nil,
	} {
		if has {
			c.fail(fmt.Sprintf("`%s` stands beside [[generate]]", key), "put it below the [[generate]] that it is for", key)
		}
	}
}

// settle checks what every world needs.
func (c *Config) settle() {
	if c.WIT == "" {
		c.WIT = "wit"
	}
	out := path.Clean(filepath.ToSlash(c.Out))
	switch {
	case c.Out == "":
		c.fail("`out` is missing: the folder that the Go packages go to", "write for example out = \"internal/bindings\"", "out")
	case out == "." || out == ".." || strings.HasPrefix(out, "../") || path.IsAbs(out) || filepath.IsAbs(c.Out):
		c.fail("`out` must be a folder of its own below that of the config", "what is generated there and no longer needed is removed", "out")
	default:
		c.Out = out
	}
}

// within tells whether a folder is another one or below it.
func within(dir, other string) bool {
	return dir == other || strings.HasPrefix(dir, other+"/")
}

// key is the place of a key of this config in its file.
func (c *Config) key(names ...any) []any { return append(c.at[:len(c.at):len(c.at)], names...) }

// fail keeps a mistake at a key of the config.
func (c *Config) fail(msg, hint string, at ...any) {
	c.doc.Fail(msg, hint, c.key(at...)...)
}

// mistake is the error for a single mistake.
func (c *Config) mistake(msg, hint string, at ...any) error {
	c.fail(msg, hint, at...)
	return c.err()
}

func (c *Config) err() error { return c.doc.Err() }
