// Package binary reads the component model's binary format into a tree of
// definitions in the order of the file. It checks form only: indices may point
// nowhere and types may not fit; package validate finds that.
//
// The format is the specification's Binary.md; names are those of its grammar.
package binary

// A Component is one component, the root or a nested one: its definitions in
// the order in which they stand, which is the order in which they fill the
// index spaces.
type Component struct {
	// Offset is where the component starts in the file.
	Offset int
	Defs   []Def
	// Customs are the custom sections, the name section among them.
	Customs []Custom
}

// A Custom is one custom section.
type Custom struct {
	Name   string
	Offset int
	Data   []byte
}

// A Def is one definition of a component: one of the types below.
type Def interface{ def() }

type (
	// CoreModule is a core module: the whole binary of it.
	CoreModule struct {
		Offset int
		Bytes  []byte
	}
	// CoreInstance is a core instance: a module with arguments, or, where
	// Exports are given (Inline), a bundle of items.
	CoreInstance struct {
		Offset  int
		Module  uint32
		Args    []CoreArg
		Inline  bool
		Exports []CoreInlineExport
	}
	// CoreTypeDef is a core type. Where it belongs to a recursion group, the
	// group has Members types, which follow one another, and this is the one at
	// Member; a lone type has 0 for both.
	CoreTypeDef struct {
		Offset          int
		Type            CoreType
		Member, Members int
	}
	// NestedComponent is a component inside a component.
	NestedComponent struct {
		Offset    int
		Component *Component
	}
	// Instance is a component instance: a component with arguments, or, where
	// Exports are given (Inline), a bundle of items.
	Instance struct {
		Offset    int
		Component uint32
		Args      []Arg
		Inline    bool
		Exports   []InlineExport
	}
	// Alias puts an item of an instance, or of an enclosing component, into the
	// index space of its sort.
	Alias struct {
		Offset int
		Sort   Sort
		Target AliasTarget
		// Instance and Name are those of an export alias.
		Instance uint32
		Name     string
		// Count and Index are those of an outer alias.
		Count, Index uint32
	}
	// TypeDef is a component-level type.
	TypeDef struct {
		Offset int
		Type   Type
	}
	// Canon is a function made by the canonical ABI.
	Canon struct {
		Offset int
		Kind   CanonKind
		// Func is the core function to lift, or the component function to lower.
		Func uint32
		// Type is the function type of a lift, and the resource, stream or
		// future type of the builtins that name one.
		Type    uint32
		Options []CanonOption
		// Name is the builtin's name in the text format, "stream.read".
		Name string
		// Result and HasResult are those of task.return; CoreType, Memory,
		// Table, Slot, Async, Cancellable and Shared are the immediates of the
		// other builtins that have them.
		Result             *ValType
		HasResult          bool
		CoreType           byte
		Memory, Table      uint32
		Slot               uint32
		Async, Cancellable bool
		Shared             bool
	}
	// Start calls a function when the component is instantiated.
	Start struct {
		Offset  int
		Func    uint32
		Args    []uint32
		Results uint32
	}
	// Import is one import.
	Import struct {
		Offset int
		Name   ExternName
		Type   ExternType
	}
	// Export is one export, with the type that it is given where that stands.
	Export struct {
		Offset int
		Name   ExternName
		Sort   Sort
		Index  uint32
		Type   *ExternType
	}
	// Value is a component-level value.
	Value struct {
		Offset int
		Type   ValType
		Bytes  []byte
	}
)

func (*CoreModule) def()      {}
func (*CoreInstance) def()    {}
func (*CoreTypeDef) def()     {}
func (*NestedComponent) def() {}
func (*Instance) def()        {}
func (*Alias) def()           {}
func (*TypeDef) def()         {}
func (*Canon) def()           {}
func (*Start) def()           {}
func (*Import) def()          {}
func (*Export) def()          {}
func (*Value) def()           {}

// ExternName is the name of an import or an export with its attributes.
type ExternName struct {
	Name string
	// Implements, VersionSuffix and ExternalID are attributes; "" where absent
	// and where they are empty.
	Implements, VersionSuffix, ExternalID string
	// HasImplements and HasVersionSuffix tell that the attribute is there.
	HasImplements, HasVersionSuffix bool
}

// Sort tells which index space an item belongs to. Core sorts have their byte
// in the low half and SortCore set.
type Sort uint16

// The sorts of the binary format.
const (
	SortCore         Sort = 0x100
	SortCoreFunc          = SortCore // | 0x00
	SortCoreTable         = SortCore | 0x01
	SortCoreMemory        = SortCore | 0x02
	SortCoreGlobal        = SortCore | 0x03
	SortCoreTag           = SortCore | 0x04
	SortCoreType          = SortCore | 0x10
	SortCoreModule        = SortCore | 0x11
	SortCoreInstance      = SortCore | 0x12
	SortFunc         Sort = 0x01
	SortValue        Sort = 0x02
	SortType         Sort = 0x03
	SortComponent    Sort = 0x04
	SortInstance     Sort = 0x05
)

var sortNames = map[Sort]string{
	SortCoreFunc: "core func", SortCoreTable: "core table", SortCoreMemory: "core memory",
	SortCoreGlobal: "core global", SortCoreTag: "core tag", SortCoreType: "core type",
	SortCoreModule: "core module", SortCoreInstance: "core instance",
	SortFunc: "func", SortValue: "value", SortType: "type", SortComponent: "component", SortInstance: "instance",
}

// String is the sort's name in the text format.
func (s Sort) String() string {
	if n, ok := sortNames[s]; ok {
		return n
	}
	return "unknown sort"
}

// CoreArg gives a core instance to a module under a name.
type CoreArg struct {
	Name     string
	Instance uint32
}

// CoreInlineExport is one item of an inline core instance.
type CoreInlineExport struct {
	Name  string
	Sort  Sort
	Index uint32
}

// Arg gives an item to a component under a name.
type Arg struct {
	Name  string
	Sort  Sort
	Index uint32
}

// InlineExport is one item of an inline instance.
type InlineExport struct {
	Name  ExternName
	Sort  Sort
	Index uint32
}

// AliasTarget tells what an alias looks into.
type AliasTarget uint8

// The targets of aliases.
const (
	AliasExport AliasTarget = iota
	AliasCoreExport
	AliasOuter
)

// ExternType is the type of an import or an export.
type ExternType struct {
	Sort Sort
	// Index is the type's index for a core module, func, component or instance,
	// and for a type bounded by equality (Eq).
	Index uint32
	// Eq tells that a type import or export equals the type Index; otherwise it
	// is a new resource type (sub resource).
	Eq bool
	// Value is the type of a value import or export, unless ValueEq names the
	// index of the value that it equals.
	Value   *ValType
	ValueEq bool
}

// CanonKind tells what a canonical definition makes.
type CanonKind uint8

// The canonical definitions that the runtime acts on; every other builtin is
// CanonBuiltin, with its name.
const (
	CanonLift CanonKind = iota
	CanonLower
	CanonResourceNew
	CanonResourceDrop
	CanonResourceRep
	CanonBuiltin
)

// CanonOption is one canonical option.
type CanonOption struct {
	Kind  OptionKind
	Index uint32 // of the memory or function, where the option names one
}

// OptionKind tells which canonical option it is, by its byte in the format.
type OptionKind byte

// The canonical options.
const (
	OptUTF8 OptionKind = iota
	OptUTF16
	OptLatin1UTF16
	OptMemory
	OptRealloc
	OptPostReturn
	OptAsync
	OptCallback
)
