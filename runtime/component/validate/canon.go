package validate

import (
	"github.com/airsstack/witgen/runtime/component/binary"
)

// canon checks a canonical definition and adds the function that it makes
// [CanonicalABI.md, Canonical Definitions].
func (s *scope) canon(d *binary.Canon) {
	switch d.Kind {
	case binary.CanonLift:
		s.funcs = append(s.funcs, s.lift(d))
	case binary.CanonLower:
		s.coreFuncs = append(s.coreFuncs, s.lower(d))
	default:
		s.coreFuncs = append(s.coreFuncs, s.builtin(d))
	}
}

// options are canonical options, looked up.
type options struct {
	v          *validator
	async      bool
	memory     bool
	ptr        ptr // the width of the memory's addresses, ptr32 without one
	realloc    bool
	postReturn *coreSig
	callback   *coreSig
}

// optionNames name the options in messages.
var optionNames = map[binary.OptionKind]string{
	binary.OptUTF8: "string-encoding", binary.OptUTF16: "string-encoding", binary.OptLatin1UTF16: "string-encoding",
	binary.OptMemory: "memory", binary.OptRealloc: "realloc", binary.OptPostReturn: "post-return",
	binary.OptAsync: "async", binary.OptCallback: "callback",
}

// options checks canonical options but for what depends on the function
// [CanonicalABI.md, canonopt Validation]. Only those in allowed may be there,
// besides string-encoding and memory.
func (s *scope) options(d *binary.Canon, allowed ...binary.OptionKind) *options {
	v, o := s.v, &options{v: s.v}
	seen := map[string]bool{}
	var realloc *coreSig
	for _, opt := range d.Options {
		name := optionNames[opt.Kind]
		if seen[name] {
			v.failNamed(ClassABI, name, "canonical option %s is given twice", name)
		}
		seen[name] = true
		if !allows(opt.Kind, allowed) {
			v.failNamed(ClassABI, name, "canonical option %s is not allowed on %s", name, d.Name)
		}
		fn := func() *coreSig {
			sig := v.core.sig(at(v, s.coreFuncs, opt.Index, "core func"))
			return &sig
		}
		switch opt.Kind {
		case binary.OptMemory:
			o.memory, o.ptr = true, s.memoryAt(opt.Index)
		case binary.OptRealloc:
			realloc, o.realloc = fn(), true
		case binary.OptPostReturn:
			o.postReturn = fn()
		case binary.OptAsync:
			o.async = true
		case binary.OptCallback:
			o.callback = fn()
		}
	}
	o.check(realloc)
	return o
}

func allows(kind binary.OptionKind, allowed []binary.OptionKind) bool {
	switch kind {
	case binary.OptUTF8, binary.OptUTF16, binary.OptLatin1UTF16, binary.OptMemory:
		return true
	}
	for _, k := range allowed {
		if k == kind {
			return true
		}
	}
	return false
}

// check holds options against one another.
func (o *options) check(realloc *coreSig) {
	v := o.v
	if realloc != nil {
		if !o.memory {
			v.failNamed(ClassABI, "realloc", "canonical option realloc without memory")
		}
		p := o.ptr.val()
		o.signature("realloc", *realloc, coreSig{[]coreVal{p, p, p, p}, []coreVal{p}})
	}
	if o.async && o.postReturn != nil {
		v.failNamed(ClassABI, "post-return", "canonical option post-return together with async")
	}
	if o.callback == nil {
		return
	}
	if !o.async {
		v.failNamed(ClassABI, "callback", "canonical option callback without async")
	}
	o.signature("callback", *o.callback, coreSig{[]coreVal{coreI32, coreI32, coreI32}, []coreVal{coreI32}})
}

// signature holds the function of an option to the type that it must have.
func (o *options) signature(name string, got, want coreSig) {
	if !got.equal(want) {
		e := o.v.fault(ClassABI, "canonical option %s names a core function of the wrong type", name).named(name)
		e.Expected, e.Found = want.String(), got.String()
		panic(bailout{e})
	}
}

// needMemory asks for the option memory where it is wanted, and says why.
func (o *options) needMemory(wanted bool, why string) {
	if wanted && !o.memory {
		o.v.failNamed(ClassABI, "memory", "canonical option memory is missing: %s", why)
	}
}

// needRealloc asks for the options realloc and memory where they are wanted.
func (o *options) needRealloc(wanted bool, why string) {
	o.needMemory(wanted, why)
	if wanted && !o.realloc {
		o.v.failNamed(ClassABI, "realloc", "canonical option realloc is missing: %s", why)
	}
}

// memoryAt is the width of the addresses of a memory that the canonical ABI can
// use.
func (s *scope) memoryAt(i uint32) ptr {
	m := at(s.v, s.coreMemories, i, "core memory")
	if m.shared {
		s.v.failNamed(ClassABI, "memory", "core memory %d is shared; the canonical ABI needs one that is not", i)
	}
	if m.is64 {
		return ptr64
	}
	return ptr32
}

// checkAsync allows the option async with async function types only.
func (o *options) checkAsync(f *funcType) {
	if o.async && !f.async {
		o.v.failNamed(ClassABI, "async", "canonical option async with a function type that is not async")
	}
}

// hasLists tells whether a value of one of the types has strings or lists in it.
func hasLists(parts []part) bool {
	for _, p := range parts {
		if p.typ.about.lists {
			return true
		}
	}
	return false
}

// lift makes a function of a core one.
func (s *scope) lift(d *binary.Canon) *funcType {
	v := s.v
	t := s.typeAt(d.Type)
	f, ok := t.(*funcType)
	if !ok {
		v.mismatched("type "+itoa(d.Type), "a function type", t.noun())
	}
	callee := v.core.sig(at(v, s.coreFuncs, d.Func, "core func"))
	o := s.options(d, binary.OptRealloc, binary.OptPostReturn, binary.OptAsync, binary.OptCallback)
	o.checkAsync(f)
	want := o.liftSig(f)
	if !callee.equal(want) {
		e := v.fault(ClassABI, "core func %d does not have the type that this lift needs", d.Func)
		e.Expected, e.Found = want.String(), callee.String()
		panic(bailout{e})
	}
	if o.postReturn != nil {
		o.signature("post-return", *o.postReturn, coreSig{params: want.results})
	}
	return f
}

const (
	whyList    = "a string or list is passed through memory"
	whyParams  = "the parameters are too many for core values and are passed through memory"
	whyResults = "the result is too large for core values and is passed through memory"
)

// liftSig is the type of a core function that a function can be made of
// [CanonicalABI.md, flatten_functype].
func (o *options) liftSig(f *funcType) coreSig {
	params, fit := o.v.flattenAll(f.params, maxFlatParams, o.ptr)
	o.needRealloc(!fit, whyParams)
	o.needRealloc(hasLists(f.params), whyList)
	if !fit {
		params = []coreVal{o.ptr.val()}
	}
	max := maxFlatResults
	if o.async {
		max = maxFlatParams // given by task.return
	}
	results, fit := o.result(f, max)
	switch {
	case o.async && o.callback != nil:
		results = []coreVal{coreI32}
	case o.async:
		results = nil
	case !fit:
		results = []coreVal{o.ptr.val()}
	}
	return coreSig{params, results}
}

// result gives the core values of a lifted function's result, and checks that
// there is memory if one is needed to read it.
func (o *options) result(f *funcType, max int) ([]coreVal, bool) {
	if f.result == nil {
		return nil, true
	}
	results, fit := o.v.flattenAll([]part{{typ: f.result}}, max, o.ptr)
	o.needMemory(!fit, whyResults)
	o.needMemory(f.result.about.lists, whyList)
	return results, fit
}

// lower makes a core function of a function.
func (s *scope) lower(d *binary.Canon) coreID {
	f := at(s.v, s.funcs, d.Func, "func")
	o := s.options(d, binary.OptRealloc, binary.OptAsync)
	o.checkAsync(f)
	sig := o.lowerSig(f)
	return s.v.core.fn(sig.params, sig.results)
}

// lowerSig is the type of the core function that a function becomes
// [CanonicalABI.md, flatten_functype].
func (o *options) lowerSig(f *funcType) coreSig {
	max := maxFlatParams
	if o.async {
		max = maxFlatAsyncParams
	}
	params, fit := o.v.flattenAll(f.params, max, o.ptr)
	o.needMemory(!fit, whyParams)
	o.needMemory(hasLists(f.params), whyList)
	if !fit {
		params = []coreVal{o.ptr.val()}
	}
	if f.result == nil {
		if o.async {
			return coreSig{params, []coreVal{coreI32}}
		}
		return coreSig{params: params}
	}
	o.needRealloc(f.result.about.lists, whyList)
	results, fit := o.v.flattenAll([]part{{typ: f.result}}, maxFlatResults, o.ptr)
	if fit && !o.async {
		return coreSig{params, results}
	}
	o.needMemory(true, whyResults)
	params = append(params[:len(params):len(params)], o.ptr.val())
	if o.async {
		return coreSig{params, []coreVal{coreI32}}
	}
	return coreSig{params: params}
}
