package gen

import (
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
	// Package is the import path of Out; by default it follows from go.mod.
	Package string `toml:"package"`
	// OnDeny and Functions are for the functions that the world imports itself.
	OnDeny    OnDeny                   `toml:"on-deny"`
	Functions map[string]PointsConfig  `toml:"functions"`
	Interface map[string]*GuardsConfig `toml:"interface"`

	// Dir is the folder of the config.
	Dir string `toml:"-"`

	doc *tomlpos.Document
	src []byte
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

	// Parts of the grammar that are not there yet.
	CoveredBy string `toml:"covered-by"`
	Handle    string `toml:"handle"`
	Check     string `toml:"check"`

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
}

// UnmarshalValue implements [tomlpos.Unmarshaler].
func (d *OnDeny) UnmarshalValue(v *tomlpos.Value) {
	switch x := v.Any().(type) {
	case string:
		*d = OnDeny{Set: true, Case: x}
		return
	case bool:
		if !x {
			*d = OnDeny{Set: true, False: true}
			return
		}
	case []any:
		if len(x) == 0 {
			*d = OnDeny{Set: true, Empty: true}
			return
		}
	}
	v.Fail("`on-deny` must be a case of the function's error, or false, [], \"none\" or \"trap\"", "")
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
	c := &Config{WIT: "wit", Dir: filepath.Dir(file), doc: doc, src: src}
	doc.Decode(c)
	out := path.Clean(filepath.ToSlash(c.Out))
	switch {
	case c.Out == "":
		c.fail("`out` is missing: the folder that the Go packages go to", "write for example out = \"internal/bindings\"", "out")
	case out == "." || out == ".." || strings.HasPrefix(out, "../") || path.IsAbs(out) || filepath.IsAbs(c.Out):
		c.fail("`out` must be a folder of its own below that of the config", "what is generated there and no longer needed is removed", "out")
	default:
		c.Out = out
	}
	return c, c.err()
}

// fail keeps a mistake at a key of the config.
func (c *Config) fail(msg, hint string, at ...any) {
	c.doc.Fail(msg, hint, at...)
}

// mistake is the error for a single mistake.
func (c *Config) mistake(msg, hint string, at ...any) error {
	c.fail(msg, hint, at...)
	return c.err()
}

func (c *Config) err() error { return c.doc.Err() }
