package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

// config keeps the [config] table as JSON: keys sorted, dates and times as the strings that TOML writes for them.
func (c check) config(m *Manifest, table map[string]any) {
	if table == nil {
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c.plain(table, []any{"config"})); err != nil {
		c.doc.Fail(err.Error(), "", "config")
		return
	}
	m.Config = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// plain gives a value that JSON can hold, and keeps a mistake for one that it cannot.
func (c check) plain(value any, path []any) any {
	below := func(segment any) []any { return append(path[:len(path):len(path)], segment) }
	switch v := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, element := range v {
			out[key] = c.plain(element, below(key))
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = c.plain(element, below(i))
		}
		return out
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			c.doc.Fail(fmt.Sprintf("JSON, which components are given, has no %v", v), "write it as a string", path...)
			return nil
		}
		return v
	case time.Time:
		return dateTime(v)
	}
	return value
}

// dateTime writes a date, a time or both as it stood in the file. The parser marks those without a zone by the names of their locations.
func dateTime(t time.Time) string {
	switch t.Location().String() {
	case "date-local":
		return t.Format("2006-01-02")
	case "time-local":
		return t.Format("15:04:05.999999999")
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t.Format(time.RFC3339Nano)
}
