package cm_test

import (
	"errors"
	"testing"

	"github.com/airsstack/witgen/runtime/cm"
)

// A record that is used as an error is one as a pointer; an enum is one itself.
type (
	record struct{ text string }
	enum   uint8
)

func (r *record) Error() string { return r.text }
func (e enum) Error() string    { return "enum" }

func TestResultGet(t *testing.T) {
	t.Parallel()
	if v, err := cm.OK[int, string](7).Get(); v != 7 || err != nil {
		t.Errorf("ok: %v, %v", v, err)
	}
	_, err := cm.Err[int](record{"broken"}).Get()
	if r, ok := errors.AsType[*record](err); !ok || r.text != "broken" {
		t.Errorf("record: %#v", err)
	}
	_, err = cm.Err[int](enum(3)).Get()
	if e, ok := errors.AsType[enum](err); !ok || e != 3 {
		t.Errorf("enum: %#v", err)
	}
	_, err = cm.Err[int]("text").Get()
	if e, ok := errors.AsType[*cm.Error[string]](err); !ok || e.Value != "text" || err.Error() != "text" {
		t.Errorf("string: %#v", err)
	}
	_, err = cm.Err[int](cm.Unit{}).Get()
	if err == nil || err.Error() != "the function answered its error case" {
		t.Errorf("nothing: %v", err)
	}
}

func TestOption(t *testing.T) {
	t.Parallel()
	if v, ok := cm.Some(3).Get(); v != 3 || !ok {
		t.Errorf("some: %v, %v", v, ok)
	}
	if v := cm.None[int]().OrElse(5); v != 5 {
		t.Errorf("none: %v", v)
	}
	if got := cm.Some("x").String() + cm.None[int]().String() + cm.OK[int, string](1).String() + cm.Err[int]("e").String(); got != "some(x)noneok(1)err(e)" {
		t.Error(got)
	}
}
