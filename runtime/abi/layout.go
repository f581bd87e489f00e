package abi

// Limits of flattening [CanonicalABI.md, "Flattening"].
const (
	// MaxFlatParams is how many core values the parameters of a function may
	// flatten to before they travel through memory.
	MaxFlatParams = 16
	// MaxFlatResults is the same for its results.
	MaxFlatResults = 1
	// MaxTypeSize is the size in bytes that no value type may reach
	// [Binary.md, "Type Definitions"]. Layouts stop growing there, so that a
	// type made of hostile ones never overflows: a decoder refuses it.
	MaxTypeSize = 1 << 28

	// MaxTypeNodes and MaxTypeDepth bound how many types may stand in a type, and
	// how deep in one another: a tower of tuples doubles at every storey. A
	// decoder refuses what is beyond.
	MaxTypeNodes = 1_000_000
	MaxTypeDepth = 100

	// maxFlat is where counting core values stops: whatever holds such a type
	// travels through memory anyway, and a tower of tuples would double the
	// list at every storey.
	maxFlat = MaxFlatParams + 1
)

// Size is how many bytes a value of the type takes in memory ["Element Size"].
func (t *Type) Size() uint32 { return t.size }

// Align is the alignment of the type in memory, in bytes ["Alignment"].
func (t *Type) Align() uint32 { return t.align }

// Flat is what the type flattens to ["Flattening"]. The slice is shared: it
// must not be changed.
func (t *Type) Flat() []CoreType { return t.flat }

// AlignTo rounds ptr up to a multiple of align, which is a power of two.
func AlignTo(ptr, align uint32) uint32 { return (ptr + align - 1) &^ (align - 1) }

// FieldOffset is where the field of that index starts in a record or tuple.
func (t *Type) FieldOffset(index int) uint32 {
	var at uint32
	for i := range t.Fields {
		at = AlignTo(at, t.Fields[i].Type.align)
		if i == index {
			break
		}
		at += t.Fields[i].Type.size
	}
	return at
}

// FieldFlat is the index of the field's first core value in a flattened record
// or tuple.
func (t *Type) FieldFlat(index int) int {
	n := 0
	for i := range index {
		n += len(t.Fields[i].Type.flat)
	}
	return n
}

// DiscriminantSize is how many bytes tell the case of a variant, enum, option
// or result.
func (t *Type) DiscriminantSize() uint32 {
	switch n := len(t.Cases); {
	case n <= 1<<8:
		return 1
	case n <= 1<<16:
		return 2
	}
	return 4
}

// PayloadOffset is where the payload starts in a variant, option or result.
func (t *Type) PayloadOffset() uint32 { return t.payload }

func (t *Type) maxCaseAlign() uint32 {
	align := uint32(1)
	for _, c := range t.Cases {
		if c.Type != nil {
			align = max(align, c.Type.align)
		}
	}
	return align
}

func (t *Type) layoutFields() {
	t.align, t.nodes, t.depth = 1, 1, 1
	for _, f := range t.Fields {
		t.align = max(t.align, f.Type.align)
		t.size = min(AlignTo(t.size, f.Type.align)+f.Type.size, MaxTypeSize)
		t.hold(f.Type)
		t.flat = append(t.flat, f.Type.flat[:min(len(f.Type.flat), maxFlat-len(t.flat))]...)
	}
	t.size = AlignTo(t.size, t.align)
}

func (t *Type) layoutCases() {
	t.align = max(t.DiscriminantSize(), t.maxCaseAlign())
	t.payload = AlignTo(t.DiscriminantSize(), t.maxCaseAlign())
	var payload uint32
	t.flat = []CoreType{I32}
	t.nodes, t.depth = 1, 1
	for _, c := range t.Cases {
		t.hold(c.Type)
		if c.Type == nil {
			continue
		}
		payload = max(payload, c.Type.size)
		for i, f := range c.Type.flat {
			if i+1 < len(t.flat) {
				t.flat[i+1] = joinCore(t.flat[i+1], f)
			} else {
				t.flat = append(t.flat, f)
			}
		}
	}
	t.flat = t.flat[:min(len(t.flat), maxFlat)]
	t.size = min(AlignTo(t.payload+payload, t.align), MaxTypeSize)
}

// joinCore is the core type that holds either of two ["Flattening", join].
func joinCore(a, b CoreType) CoreType {
	switch {
	case a == b:
		return a
	case a == I32 && b == F32, a == F32 && b == I32:
		return I32
	}
	return I64
}

// A CoreFunc is the core signature of a component-level function whose options
// are synchronous.
type CoreFunc struct {
	Params, Results []CoreType
	// ParamsSpilled tells that the parameters travel through memory: the only
	// parameter for them is a pointer to a tuple of them all.
	ParamsSpilled bool
	// ResultSpilled tells that the result travels through memory: a lifted
	// function returns a pointer to it, a lowered one takes one more parameter
	// that says where to put it.
	ResultSpilled bool
}

// FlattenLift is the signature of the core function that a `canon lift` wraps.
func (f *FuncType) FlattenLift() CoreFunc {
	c := f.flattenParams()
	if c.ResultSpilled {
		c.Results = []CoreType{I32}
	}
	return c
}

// FlattenLower is the signature of the core function that a `canon lower` makes.
func (f *FuncType) FlattenLower() CoreFunc {
	c := f.flattenParams()
	if c.ResultSpilled {
		c.Params = append(c.Params, I32)
	}
	return c
}

func (f *FuncType) flattenParams() CoreFunc {
	var c CoreFunc
	for _, p := range f.Params {
		c.Params = append(c.Params, p.Type.flat...)
	}
	if len(c.Params) > MaxFlatParams {
		c.Params, c.ParamsSpilled = []CoreType{I32}, true
	}
	if f.Result != nil {
		if len(f.Result.flat) > MaxFlatResults {
			c.ResultSpilled = true
		} else {
			c.Results = f.Result.flat
		}
	}
	return c
}

// ParamsTuple is the tuple as which spilled parameters lie in memory.
func (f *FuncType) ParamsTuple() *Type {
	elems := make([]*Type, len(f.Params))
	for i, p := range f.Params {
		elems[i] = p.Type
	}
	return Tuple(elems...)
}
