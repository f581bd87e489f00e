package wave

import (
	"strings"

	"github.com/airsstack/witgen/runtime/abi"
)

// ParseCall reads a call: the name of a function and its arguments in
// parentheses, "demo:kit/shapes#area(circle(2.5))". The name is all that stands
// before the first parenthesis; lookup knows its type. Arguments at the end that
// are options and none may be left out. Errors are *Error, or lookup's own.
func ParseCall(text string, lookup func(name string) (*abi.FuncType, error), opts ...Option) (args []abi.Value, err error) {
	p, err := newParser(text, opts)
	if err != nil {
		return nil, err
	}
	defer p.recover(&err)
	before, _, ok := strings.Cut(text, "(")
	name := strings.TrimSpace(before)
	switch {
	case name == "":
		p.fail(0, "expected the name of a function and its arguments, such as area(circle(2.5))")
	case !ok:
		p.fail(len(text), "expected the arguments in parentheses after the function: %s()", name)
	}
	f, err := lookup(name)
	if err != nil {
		return nil, err
	}
	p.tok = next(text, len(before)+len("("))
	args = p.arguments(f)
	p.end()
	return args, nil
}

func (p *parser) arguments(f *abi.FuncType) []abi.Value {
	args := []abi.Value{}
	p.sequence(")", func(i int) {
		if i == len(f.Params) {
			p.expected(") after the last argument: the function takes %d", i)
		}
		args = append(args, p.value(f.Params[i].Type))
	})
	for _, param := range f.Params[len(args):] {
		if param.Type.Kind != abi.KindOption {
			p.fail(p.last, "expected the argument %s of type %s", param.Label, param.Type)
		}
		args = append(args, abi.VariantValue{Case: caseNone})
	}
	return args
}
