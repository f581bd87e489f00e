package manifest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var writeSchema = flag.Bool("schema", false, "write schema.json anew")

// object is a piece of a schema.
type object = map[string]any

// forms are the schemas of types that decode themselves.
var forms = map[reflect.Type]object{
	reflect.TypeFor[duration](): {"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`},
	reflect.TypeFor[size]():     {"oneOf": []object{{"type": "integer"}, {"type": "string", "pattern": `^[0-9]+(\.[0-9]+)? ?([kKMG]?B|[KMG]iB)$`}}},
	reflect.TypeFor[sizeRate](): {"type": "string", "pattern": `^[0-9]+(\.[0-9]+)? ?([kKMG]?B|[KMG]iB)/s$`},
	reflect.TypeFor[timeRate](): {"type": "string", "pattern": `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s))+/s$`},
	reflect.TypeFor[commands](): {"oneOf": []object{{"type": "array", "items": object{"type": "string"}}, {"const": false}}},
}

// bounds are what the checks of a key's value add to its type.
var bounds = map[string]object{
	"component.name":                      {"pattern": `^([A-Za-z0-9._-]+:)?[A-Za-z0-9._-]+$`},
	"component.version":                   {"pattern": `^[0-9]+\.[0-9]+\.[0-9]+`},
	"component.world":                     {"pattern": worldForm.String()},
	"component.source":                    {"oneOf": []object{{"required": []string{"git"}}, {"required": []string{"path"}}}},
	"component.source.git":                {"pattern": repositoryForm.String()},
	"component.source.branch":             {"pattern": branchForm.String()},
	"component.source.commit":             {"pattern": commitForm.String()},
	"supervision.restart":                 {"enum": []any{"permanent", "transient", "temporary"}},
	"supervision.strategy":                {"enum": []any{"one_for_one", "one_for_all", "rest_for_one"}},
	"supervision.group":                   {"pattern": groupForm.String()},
	"supervision.max_restarts":            {"minimum": 0, "maximum": 1_000_000},
	"supervision.health.failures":         {"minimum": 1, "maximum": 1_000_000},
	"supervision.backoff.kind":            {"enum": []any{"exponential", "linear", "immediate"}},
	"supervision.backoff.multiplier":      {"minimum": 1, "maximum": 100},
	"audit.level":                         {"enum": []any{"denied", "every"}},
	"quota.storage":                       {"minimum": 1, "maximum": mostStored},
	"quota.message_rate":                  {"minimum": 1, "maximum": mostMessages},
	"mailbox.max_message_bytes":           {"minimum": 1, "maximum": mostValueBytes},
	"mailbox.max_bytes":                   {"minimum": 1, "maximum": mostMailboxBytes},
	"quota.memory":                        {"minimum": 512 << 10, "maximum": 4 << 30},
	"quota.open_files":                    {"minimum": 1, "maximum": mostOpen},
	"quota.open_sockets":                  {"minimum": 1, "maximum": mostOpen},
	"package.name":                        {"pattern": `^([A-Za-z0-9._-]+:)?[A-Za-z0-9._-]+$`},
	"package.version":                     {"pattern": `^[0-9]+\.[0-9]+\.[0-9]+`},
	"permissions.network.outbound[].port": {"minimum": 1, "maximum": 65535},
	"permissions.network.inbound[]":       {"minimum": 1, "maximum": 65535},
	"permissions.storage.max_size_mb":     {"minimum": 1, "maximum": mostStored >> 20},
	"runtime.memory_min_mb":               {"minimum": 1, "maximum": 4 << 10},
	"runtime.memory_max_mb":               {"minimum": 1, "maximum": 4 << 10},
	"runtime.timeout_ms":                  {"minimum": 1, "maximum": 300_000},
	"mailbox.size":                        {"minimum": 1, "maximum": 1_000_000},
	"resources.memory.max_bytes":          {"minimum": 512 << 10, "maximum": 4 << 30},
	"resources.cpu.max_fuel":              {"minimum": 1_000, "maximum": 100_000_000},
	"resources.cpu.timeout_seconds":       {"minimum": 1, "maximum": 300},
	"resources.handles.max":               {"minimum": 1, "maximum": 100_000_000},
	"resources.tables.max_elements":       {"minimum": 1, "maximum": 10_000_000},
	"resources.cpu.fuel_per_second":       {"minimum": 100_000, "maximum": 1_000_000_000_000},
	"resources.cpu.max_depth":             {"minimum": 10, "maximum": 10_000},
	"resources.values.max_argument_bytes": {"minimum": 1 << 10, "maximum": mostValueBytes},
	"resources.values.max_result_bytes":   {"minimum": 64, "maximum": mostValueBytes},
	"resources.component.max_bytes":       {"minimum": 8, "maximum": 1 << 30},
	"resources.component.max_functions":   {"minimum": 1, "maximum": 1_000_000},
	"resources.component.max_locals":      {"minimum": 1, "maximum": 51_000},
	"resources.component.max_complexity":  {"minimum": 1_000, "maximum": 1_000_000_000},
}

// required are the keys that a table must have.
var required = map[string][]string{
	"component": {"name", "version"}, "package": {"name", "version"},
	"subscriptions[]": {"topic"}, "permissions.network.outbound[]": {"host", "port"},
}

// either is what the schema of one dialect has: its first table, and none of the other's.
func either(is, other *dialect) object {
	none := object{}
	for _, t := range other.tables {
		none[t[0]] = false
	}
	return object{"required": []string{is.tables[0][0]}, "properties": none}
}

// A schemaMaker makes the schema of the file's model.
type schemaMaker struct {
	docs map[string]string // by key
	used map[string]bool   // of bounds
}

// of is the schema of a type at a key.
func (s schemaMaker) of(t reflect.Type, key string) object {
	var o object
	switch form := forms[t]; {
	case form != nil:
		o = maps.Clone(form)
	default:
		o = s.kind(t, key)
	}
	for k, v := range bounds[key] {
		o[k] = v
		s.used[key] = true
	}
	if text := s.docs[strings.Replace(key, "capabilities.optional.", "capabilities.", 1)]; text != "" {
		o["description"] = text
	}
	return o
}

func (s schemaMaker) kind(t reflect.Type, key string) object {
	switch t.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Interface:
		return object{}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), key+"[]")}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), key+".<>")}
	case reflect.Struct:
		properties := object{}
		for _, f := range reflect.VisibleFields(t) { // those of embedded structs, too
			if f.Anonymous {
				continue
			}
			name := f.Tag.Get("toml")
			if o := s.of(f.Type, strings.TrimPrefix(key+"."+name, ".")); o != nil {
				properties[name] = o
			}
		}
		o := object{"type": "object", "properties": properties, "additionalProperties": false}
		if names := required[key]; names != nil {
			o["required"] = names
		}
		return o
	}
	panic(fmt.Sprintf("%s: the schema knows no %s", key, t))
}

// documented are the meanings of the keys in the tables of the documentation.
func documented(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	links := regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	for line := range strings.Lines(readDocs(t)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		key := strings.Trim(strings.TrimSpace(cells[0]), "`")
		if len(cells) < 3 || !strings.Contains(line, "| now") {
			continue
		}
		text := strings.TrimSpace(cells[2])
		if len(cells) > 3 { // a column for defaults
			text = strings.TrimSpace(cells[3])
			if fallback := strings.TrimSpace(cells[2]); strings.HasPrefix(fallback, "`") {
				text += " Default: " + strings.Trim(fallback, "`") + "."
			}
		}
		out[key] = links.ReplaceAllString(strings.ReplaceAll(text, "`", ""), "$1")
	}
	return out
}

func TestSchema(t *testing.T) {
	t.Parallel()
	s := schemaMaker{documented(t), map[string]bool{}}
	o := s.of(reflect.TypeFor[file](), "")
	o["oneOf"] = []object{either(capabilitiesDialect, permissionsDialect), either(permissionsDialect, capabilitiesDialect)}
	o["$schema"], o["title"] = "https://json-schema.org/draft/2020-12/schema", "Component.toml"
	for key := range bounds {
		if !s.used[key] {
			t.Errorf("bounds name %s, which is no key", key)
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(o); err != nil {
		t.Fatal(err)
	}
	if *writeSchema {
		if err := os.WriteFile("schema.json", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(b.Bytes(), Schema()) {
		t.Error("schema.json is not what the model says: run go generate ./runtime/manifest")
	}
}

// compiled is the schema as editors use it.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("component.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("component.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// validate holds TOML to the schema, in the form that JSON would give it.
func validate(t *testing.T, schema *jsonschema.Schema, src string) error {
	t.Helper()
	var data map[string]any
	if _, err := toml.Decode(src, &data); err != nil {
		return err
	}
	text, err := json.Marshal(datesAsText(data))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

func datesAsText(v any) any {
	switch v := v.(type) {
	case time.Time:
		return dateTime(v)
	case map[string]any:
		for k := range v {
			v[k] = datesAsText(v[k])
		}
	case []any:
		for i := range v {
			v[i] = datesAsText(v[i])
		}
	}
	return v
}

// The manifests of the tree and of the documentation are what the schema wants.
func TestSchemaTakesWhatIsRight(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	count := 0
	for _, top := range []string{"../../examples", "../../templates", "../../testdata"} {
		err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Name() != FileName {
				return err
			}
			src, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if _, err := Parse(path, src); err != nil {
				t.Error(err)
			}
			if err := validate(t, schema, string(src)); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			count++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range regexp.MustCompile("(?s)```toml\n(.*?)```").FindAllStringSubmatch(readDocs(t), -1) {
		if err := validate(t, schema, e[1]); err != nil {
			t.Errorf("%v\nin\n%s", err, e[1])
		}
		count++
	}
	if count < 5 {
		t.Errorf("only %d manifests", count)
	}
}

// What is out of bounds for the parser is out of bounds for the schema, and the other way round.
func TestSchemaBounds(t *testing.T) {
	t.Parallel()
	schema := compiled(t)
	try := func(key string, value any) {
		t.Helper()
		table, last, _ := cutLast(key)
		first := "component"
		if top, _, _ := strings.Cut(key, "."); slices.Contains([]string{"package", "permissions", "runtime", "build"}, top) {
			first = "package"
		}
		src := first + " = { name = \"a:b\", version = \"1.0.0\" }\n"
		if table == first {
			src = ""
			all := map[string]any{"name": "a:b", "version": "1.0.0", last: value}
			for _, k := range slices.Sorted(maps.Keys(all)) {
				src += fmt.Sprintf("%s.%s = %s\n", first, k, literal(all[k]))
			}
		} else {
			src += fmt.Sprintf("%s = %s\n", key, literal(value))
			if key == "supervision.strategy" {
				src += "supervision.group = \"g\"\n"
			}
		}
		_, parsed := Parse("x", []byte(src))
		valid := validate(t, schema, src)
		if (parsed == nil) != (valid == nil) {
			t.Errorf("%s = %s\nparser: %v\nschema: %v", key, literal(value), parsed, valid)
		}
	}
	for key, b := range bounds {
		for _, bound := range []string{"minimum", "maximum"} {
			if n, ok := b[bound].(int); ok {
				for _, d := range []int{-1, 0, 1} {
					switch key {
					case "permissions.network.inbound[]":
						try("permissions.network.inbound", []int{n + d})
					case "permissions.network.outbound[].port":
						try("permissions.network", raw(fmt.Sprintf(`{ outbound = [{ host = "a.example", port = %d }] }`, n+d)))
					default:
						try(key, n+d)
					}
				}
			}
		}
		values, _ := b["enum"].([]any)
		for _, v := range append(values, "other", "", 1, true) {
			try(key, v)
		}
	}
	for _, name := range []string{"a", "a:b", "a:b:c", "A.b-c_d:e", "a/b", ":"} {
		try("component.name", name)
	}
	for _, source := range []string{`{ git = "https://h/a/b", branch = "main" }`, `{ git = "ftp://h/a" }`, `{ git = "https://h/a", commit = "0" }`, `{ path = "/a" }`, `{ x = 1 }`, `"git"`} {
		try("component.source", raw(source))
	}
	for _, name := range []string{"a", "a:b", "a:b:c", "a/b"} {
		try("package.name", name)
	}
	for _, endpoint := range []string{`{ host = "a.example" }`, `{ port = 1 }`, `{ host = "a.example", port = 1, x = 1 }`, `{ host = "a.example", port = "1" }`} {
		try("permissions.network", raw("{ outbound = ["+endpoint+"] }"))
	}
	try("build", raw(`{ command = "make", args = [1] }`))
	try("build", 1)
	for _, d := range []any{"1s", "1m30s", "100ms", "1.5h", "1", "s", "1 s", 5} {
		try("supervision.backoff.max", d)
	}
	for _, key := range []string{"supervision.within.x", "supervision.wihtin", "mailbox.max_bytes", "audit.level", "resources.cpu.x", "capabilities.filesystem.x", "x"} {
		try(key, 1)
	}
	try("capabilities.optional.filesystem.read", raw(`["/data/**"]`))
	try("capabilities.optional.x", 1)
	try("capabilities.optional.optional", raw("{}"))
	try("capabilities.process.spawn", true)
	try("capabilities.process.spawn", false)
}

func cutLast(key string) (table, last string, ok bool) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

// raw is a value as TOML has it.
type raw string

func literal(v any) string {
	switch v := v.(type) {
	case raw:
		return string(v)
	case []int:
		return strings.ReplaceAll(fmt.Sprint(v), " ", ", ")
	}
	if s, ok := v.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprint(v)
}
