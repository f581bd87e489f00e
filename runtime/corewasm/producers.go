package corewasm

// A ProducersField is one field of a producers section: "language", "sdk",
// "processed-by", with the tools in it.
type ProducersField struct {
	Name   string
	Values []ProducersValue
}

// A ProducersValue is one tool with its version.
type ProducersValue struct{ Name, Version string }

// ReadProducers reads the contents of a producers section, as the WebAssembly
// tool conventions have it. It is false for contents that do not have that form.
func ReadProducers(data []byte) ([]ProducersField, bool) {
	r := &reader{buf: data, section: "producers"}
	var fields []ProducersField
	for range r.count("fields", len(data)) {
		f := ProducersField{Name: r.name()}
		for range r.count("values", r.left()) {
			f.Values = append(f.Values, ProducersValue{r.name(), r.name()})
		}
		if r.err != nil {
			return nil, false
		}
		fields = append(fields, f)
	}
	return fields, r.err == nil && r.left() == 0
}
