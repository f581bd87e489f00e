package roundtrip_test

import (
	"errors"
	"fmt"
	"strings"

	atypes "github.com/airsstack/witgen/internal/roundtrip/atlas/demo/atlas/types"
	"github.com/airsstack/witgen/internal/roundtrip/echo/demo/echo/types"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/component"
)

// failures say how an embedder reaches the error value of each function whose
// name ends so: the Go type stands here once more, apart from the generator.
var failures = map[string]func(error) (any, bool){
	"fail-string":     plain[string],
	"fail-enum":       itself[types.ErrorCode],
	"fail-variant":    itself[types.Fault],
	"fail-record":     record[types.Error],
	"fail-problem":    record[types.Problem],
	"fail-none":       plain[cm.Unit],
	"fail-unit":       plain[cm.Unit],
	"fail-only-error": plain[string],
	"fail-tuple":      plain[cm.Tuple2[uint8, string]],
	"fail-list":       plain[[]string],
	"fail-number":     plain[uint64],
	"fail-option":     plain[cm.Option[string]],
	"fail-nested":     itself[types.ErrorCode],
	"fail-map":        plain[map[uint8]string],
	"fail-fixed":      itself[atypes.Cell],
}

// itself is for enums and variants, which are errors themselves.
func itself[E error](err error) (any, bool) {
	e, ok := errors.AsType[E](err)
	return e, ok
}

// record is for records, whose pointers are errors.
func record[E any, P interface {
	*E
	error
}](err error) (any, bool) {
	if e, ok := errors.AsType[P](err); ok {
		return *e, true
	}
	return nil, false
}

// plain is for what cannot be an error by itself.
func plain[E any](err error) (any, bool) {
	if e, ok := errors.AsType[*cm.Error[E]](err); ok {
		return e.Value, true
	}
	return nil, false
}

// diffError compares an error value with the error of the function's call.
func diffError(fn string, want any, err error) string {
	if err == nil {
		return fmt.Sprintf("no error, want %v", want)
	}
	if _, ok := errors.AsType[*component.Trap](err); ok {
		return fmt.Sprintf("a trap, want the error %v: %v", want, err)
	}
	_, name, _ := strings.Cut(fn, "#")
	got, ok := failures[strings.TrimPrefix(name, "relay-")](err)
	if !ok {
		return fmt.Sprintf("a %T, want the error %v: %v", err, want, err)
	}
	return diff("the error", want, got)
}
