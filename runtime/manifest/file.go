package manifest

import (
	"fmt"
	"time"

	"github.com/airsstack/witgen/internal/tomlpos"
)

// file is Component.toml as it is written.
type file struct {
	Component    component         `toml:"component"`
	Capabilities capabilities      `toml:"capabilities"`
	Supervision  supervision       `toml:"supervision"`
	Mailbox      mailbox           `toml:"mailbox"`
	Resources    resources         `toml:"resources"`
	Config       map[string]any    `toml:"config"`
	Env          map[string]string `toml:"env"`

	Subscriptions []subscription `toml:"subscriptions"`

	Quota quota `toml:"quota"`
	Audit audit `toml:"audit"`

	// The permissions dialect, for Component, Capabilities, Resources and Quota.
	Package     identity       `toml:"package"`
	Permissions permissions    `toml:"permissions"`
	Runtime     limited        `toml:"runtime"`
	Build       map[string]any `toml:"build"` // for build tools
}

type component struct {
	Name        string   `toml:"name"`
	Version     string   `toml:"version"`
	File        string   `toml:"file"`
	World       string   `toml:"world"`
	Description string   `toml:"description"`
	Source      source   `toml:"source"`
	Authors     []string `toml:"authors"`
	License     string   `toml:"license"`
}

// source is where the component comes from, by what its manifest says.
type source struct {
	Git    string `toml:"git"`
	Branch string `toml:"branch"`
	Commit string `toml:"commit"`
	Path   string `toml:"path"`
}

// identity is who a component is, in both dialects; it is [package] of the permissions dialect.
type identity struct {
	Name        string   `toml:"name"`
	Version     string   `toml:"version"`
	Description string   `toml:"description"`
	Authors     []string `toml:"authors"`
	License     string   `toml:"license"`
}

type capabilities struct {
	lists
	Optional lists `toml:"optional"`
}

// lists are the patterns of what a component may use.
type lists struct {
	Imports    []string `toml:"imports"`
	Filesystem struct {
		Read    []string `toml:"read"`
		Write   []string `toml:"write"`
		Execute []string `toml:"execute"`
		Delete  []string `toml:"delete"`
		ListDir []string `toml:"list_dir"`
	} `toml:"filesystem"`
	Network struct {
		Connect []string `toml:"connect"`
		Bind    []string `toml:"bind"`
		Listen  []string `toml:"listen"`
		Private []string `toml:"private"`
	} `toml:"network"`
	Storage struct {
		Read      []string `toml:"read"`
		Write     []string `toml:"write"`
		Delete    []string `toml:"delete"`
		Namespace []string `toml:"namespace"`
	} `toml:"storage"`
	Process struct {
		Spawn  commands `toml:"spawn"`
		Kill   []string `toml:"kill"`
		Signal []string `toml:"signal"`
	} `toml:"process"`
	Messaging struct {
		Send      []string `toml:"send"`
		Request   []string `toml:"request"`
		Broadcast []string `toml:"broadcast"`
	} `toml:"messaging"`
	Custom map[string]map[string][]string `toml:"custom"`
}

type supervision struct {
	Restart         string   `toml:"restart"`
	MaxRestarts     int      `toml:"max_restarts"`
	Within          duration `toml:"within"`
	Backoff         backoff  `toml:"backoff"`
	StartupTimeout  duration `toml:"startup_timeout"`
	ShutdownTimeout duration `toml:"shutdown_timeout"`
	Group           string   `toml:"group"`
	Strategy        string   `toml:"strategy"`
	Health          health   `toml:"health"`
	KeepState       bool     `toml:"keep_state"`
}

type backoff struct {
	Kind       string   `toml:"kind"`
	Base       duration `toml:"base"`
	Multiplier float64  `toml:"multiplier"`
	Max        duration `toml:"max"`
	Jitter     bool     `toml:"jitter"`
}

type health struct {
	Interval duration `toml:"interval"`
	Timeout  duration `toml:"timeout"`
	Failures int      `toml:"failures"`
}

// subscription is one of [[subscriptions]].
type subscription struct {
	Topic string `toml:"topic"`
}

type mailbox struct {
	Size            int      `toml:"size"`
	DeliveryTimeout duration `toml:"delivery_timeout"`
	MaxMessageBytes size     `toml:"max_message_bytes"`
	MaxBytes        size     `toml:"max_bytes"`
}

type quota struct {
	Storage          size     `toml:"storage"`
	MessageRate      int64    `toml:"message_rate"`
	NetworkBandwidth sizeRate `toml:"network_bandwidth"`
	CPUTime          timeRate `toml:"cpu_time"`
	Memory           size     `toml:"memory"`
	OpenFiles        int64    `toml:"open_files"`
	OpenSockets      int64    `toml:"open_sockets"`
}

type audit struct {
	Level string `toml:"level"`
}

// duration is a time span written as "60s", "1m30s" or "100ms".
type duration time.Duration

// UnmarshalValue takes a string with a unit; a bare number could be seconds to one reader and milliseconds to the next.
func (d *duration) UnmarshalValue(v *tomlpos.Value) {
	switch value := v.Any().(type) {
	case string:
		parsed, err := time.ParseDuration(value)
		if err != nil {
			v.Fail(fmt.Sprintf("`%s`: %q is not a duration", v, value), `write a number and a unit, as in "60s", "1m30s" or "100ms"`)
			return
		}
		*d = duration(parsed)
	case int64:
		v.Fail(fmt.Sprintf("`%s` must be a duration, not a bare number", v), fmt.Sprintf("write it with its unit, as in %q", fmt.Sprint(value, "s")))
	default:
		v.Mismatch(`a duration, such as "60s"`)
	}
}

// commands are the patterns of programs, or false for none.
type commands []string

// UnmarshalValue refuses true: it would grant every program there is.
func (c *commands) UnmarshalValue(v *tomlpos.Value) {
	switch value := v.Any().(type) {
	case bool:
		if value {
			v.Fail(fmt.Sprintf("`%s` = true would allow every program", v), `list the programs, as in ["/usr/bin/git"]`)
		}
	case []any:
		v.Decode((*[]string)(c))
	default:
		v.Mismatch("a list of programs, or false")
	}
}
