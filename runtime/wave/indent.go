package wave

import (
	"unicode/utf8"

	"github.com/airsstack/witgen/runtime/abi"
)

const indentStep = "  "

// broken writes a value over several lines where it is longer than the width
// leaves: each part on a line of its own, with a comma, which Parse allows after
// the last one too. used is how much of the line is taken already.
func (w *writer) broken(t *abi.Type, v abi.Value, indent string, used int) {
	line := writer{options: w.options}
	line.limit = 4*w.width + 1 // no more is needed to know that it is too long
	line.value(t, v)
	if !line.full() && used+utf8.RuneCountInString(line.String()) <= w.width {
		w.WriteString(line.String())
		return
	}
	if x, ok := v.(abi.VariantValue); ok {
		w.brokenCase(t, x, indent, used)
		return
	}
	p, ok := partsOf(t, v)
	if !ok || p.n == 0 {
		w.value(t, v)
		return
	}
	w.WriteString(p.open + "\n")
	inner := indent + indentStep
	for i := range p.n {
		at := w.Len()
		w.WriteString(inner)
		part := p.at(i)
		w.label(part)
		w.broken(part.typ, part.v, inner, w.Len()-at+len(","))
		w.WriteString(",\n")
	}
	w.WriteString(indent + p.end)
}

// brokenCase breaks the payload: circle({ … }).
func (w *writer) brokenCase(t *abi.Type, v abi.VariantValue, indent string, used int) {
	name, of, ok := caseOf(t, v)
	if !ok || of == nil {
		w.variant(t, v)
		return
	}
	w.WriteString(name + "(")
	w.broken(of, v.Payload, indent, used+len(name)+len("()"))
	w.WriteString(")")
}
