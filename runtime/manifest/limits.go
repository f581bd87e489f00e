package manifest

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/airsstack/witgen/internal/tomlpos"
)

// Limits bound what the component uses. Zero leaves a limit to the host.
type Limits struct {
	MemoryBytes   uint64 // of linear memory
	TableElements uint32 // of all tables together
	Handles       uint32 // of resources, at a time

	Fuel          uint64        // per call
	FuelPerSecond uint64        // what is used beyond it waits
	Timeout       time.Duration // per call
	Depth         uint32        // of calls within the component
	ArgumentBytes uint32        // that one call may be handed: its arguments, the result of an import
	ResultBytes   uint32        // that one call may hand out: its result, the arguments of an import

	ComponentBytes uint64        // of the component itself
	Functions      uint32        // in it
	Locals         uint32        // in one function
	Complexity     uint64        // of one function
	LoadTimeout    time.Duration // to decode, check and compile it
}

// Key is what a key of the capabilities dialect, such as resources.memory.max_bytes,
// is called in the dialect of the manifest. One that it has not stays as it is.
func (m *Manifest) Key(key string) string {
	if m.dialect == nil { // it was not parsed
		return key
	}
	return cmp.Or(m.dialect.keys[key], key)
}

// Refuse gives a mistake about the value of a key, with its place: for who reads
// a manifest and cannot do what it asks for. The key is one of the capabilities
// dialect, or of the manifest's own.
func (m *Manifest) Refuse(key, msg, hint string) error {
	key = m.Key(key)
	var path []any
	for segment := range strings.SplitSeq(key, ".") {
		path = append(path, segment)
	}
	pos, _ := tomlpos.Find(m.src, path...)
	return tomlpos.NewError(m.Path, m.src, pos, fmt.Sprintf("`%s` %s", key, msg), hint)
}

type resources struct {
	Memory struct {
		MaxBytes size `toml:"max_bytes"`
	} `toml:"memory"`
	CPU struct {
		MaxFuel        int64 `toml:"max_fuel"`
		FuelPerSecond  int64 `toml:"fuel_per_second"`
		TimeoutSeconds int64 `toml:"timeout_seconds"`
		MaxDepth       int64 `toml:"max_depth"`
	} `toml:"cpu"`
	Tables struct {
		MaxElements int64 `toml:"max_elements"`
	} `toml:"tables"`
	Handles struct {
		Max int64 `toml:"max"`
	} `toml:"handles"`
	Values struct {
		MaxArgumentBytes size `toml:"max_argument_bytes"`
		MaxResultBytes   size `toml:"max_result_bytes"`
	} `toml:"values"`
	Component struct {
		MaxBytes      size     `toml:"max_bytes"`
		MaxFunctions  int64    `toml:"max_functions"`
		MaxLocals     int64    `toml:"max_locals"`
		MaxComplexity int64    `toml:"max_complexity"`
		LoadTimeout   duration `toml:"load_timeout"`
	} `toml:"component"`
}

// mostValueBytes is the longest string or list that the component model has, and
// what may cross at a time.
const mostValueBytes = 1 << 28

// mostMailboxBytes is the most that may wait in a mailbox.
const mostMailboxBytes = 4 << 30

func (c check) limits(m *Manifest, f *resources) {
	m.Limits = Limits{
		MemoryBytes:   uint64(c.limit(int64(f.Memory.MaxBytes), 512<<10, 4<<30, " bytes", "memory", "max_bytes")),
		TableElements: uint32(c.limit(f.Tables.MaxElements, 1, 10_000_000, "", "tables", "max_elements")),
		Handles:       uint32(c.limit(f.Handles.Max, 1, 100_000_000, "", "handles", "max")),

		Fuel:          uint64(c.limit(f.CPU.MaxFuel, 1_000, 100_000_000, "", "cpu", "max_fuel")),
		FuelPerSecond: uint64(c.limit(f.CPU.FuelPerSecond, 100_000, 1_000_000_000_000, "", "cpu", "fuel_per_second")),
		Timeout:       time.Duration(c.limit(f.CPU.TimeoutSeconds, 1, 300, " seconds", "cpu", "timeout_seconds")) * time.Second,
		Depth:         uint32(c.limit(f.CPU.MaxDepth, 10, 10_000, "", "cpu", "max_depth")),
		ArgumentBytes: uint32(c.limit(int64(f.Values.MaxArgumentBytes), 1<<10, mostValueBytes, " bytes", "values", "max_argument_bytes")),
		ResultBytes:   uint32(c.limit(int64(f.Values.MaxResultBytes), 64, mostValueBytes, " bytes", "values", "max_result_bytes")),

		ComponentBytes: uint64(c.limit(int64(f.Component.MaxBytes), 8, 1<<30, " bytes", "component", "max_bytes")),
		Functions:      uint32(c.limit(f.Component.MaxFunctions, 1, 1_000_000, "", "component", "max_functions")),
		Locals:         uint32(c.limit(f.Component.MaxLocals, 1, 51_000, "", "component", "max_locals")),
		Complexity:     uint64(c.limit(f.Component.MaxComplexity, 1_000, 1_000_000_000, "", "component", "max_complexity")),
		LoadTimeout:    time.Duration(f.Component.LoadTimeout),
	}
	if at := []any{"resources", "component", "load_timeout"}; c.has(at...) {
		c.lasting(f.Component.LoadTimeout, time.Millisecond, time.Hour, at)
	}
}

// limit is the number at a key below [resources], 0 where there is none.
func (c check) limit(n, least, most int64, unit string, keys ...any) int64 {
	return c.number(n, least, most, unit, append([]any{"resources"}, keys...))
}

// number is the number at a key, 0 where there is none.
func (c check) number(n, least, most int64, unit string, at []any) int64 {
	if !c.has(at...) {
		return 0
	}
	c.between(n, least, most, unit, at)
	return min(max(n, 0), most)
}

// size is a number of bytes, bare or as a string with a unit: 1048576, "64MiB".
type size int64

// units of sizes; the longer come first.
var units = []struct {
	name  string
	bytes float64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"KB", 1e3},
	{"kB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"B", 1},
}

// UnmarshalValue takes a number of bytes, or a string with a unit.
func (s *size) UnmarshalValue(v *tomlpos.Value) {
	switch value := v.Any().(type) {
	case int64:
		*s = size(value)
	case string:
		n, ok := parseSize(value)
		if !ok {
			v.Fail(fmt.Sprintf("`%s`: %q is not a size", v, value), `write a number and a unit, as in "512KiB", "64MiB" or "1GB", or a number of bytes`)
			return
		}
		*s = size(n)
	default:
		v.Mismatch(`a number of bytes or a size, such as "64MiB"`)
	}
}

func parseSize(text string) (int64, bool) {
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSuffix(number, " "), 64)
		n *= u.bytes
		if err != nil || strings.ContainsAny(number, "eExXpPiInN_+") || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return 0, false
		}
		return int64(n), true
	}
	return 0, false
}
