package binary

// ValType is a value type as it stands in the format: a primitive, or the index
// of a type.
type ValType struct {
	// Prim is the primitive's byte, 0 where Index says which type it is.
	Prim  byte
	Index uint32
}

// The bytes of the primitive value types.
const (
	PrimBool         = 0x7f
	PrimS8           = 0x7e
	PrimU8           = 0x7d
	PrimS16          = 0x7c
	PrimU16          = 0x7b
	PrimS32          = 0x7a
	PrimU32          = 0x79
	PrimS64          = 0x78
	PrimU64          = 0x77
	PrimF32          = 0x76
	PrimF64          = 0x75
	PrimChar         = 0x74
	PrimString       = 0x73
	PrimErrorContext = 0x64
)

// A Type is a component-level type: one of the types below.
type Type interface{ typ() }

type (
	// Prim is a primitive value type that was given an index.
	Prim struct{ Type ValType }
	// Record is a record type.
	Record struct{ Fields []Field }
	// Variant is a variant type.
	Variant struct{ Cases []Case }
	// List is a list type.
	List struct{ Elem ValType }
	// FixedList is a list type of fixed length.
	FixedList struct {
		Elem ValType
		Len  uint32
	}
	// Tuple is a tuple type.
	Tuple struct{ Elems []ValType }
	// Flags is a flags type.
	Flags struct{ Labels []string }
	// Enum is an enum type.
	Enum struct{ Labels []string }
	// Option is an option type.
	Option struct{ Elem ValType }
	// Result is a result type; nil stands for no type.
	Result struct{ OK, Err *ValType }
	// Own is an owned handle of the resource type at Index.
	Own struct{ Index uint32 }
	// Borrow is a borrowed handle of the resource type at Index.
	Borrow struct{ Index uint32 }
	// Stream is a stream type; Elem is nil where nothing but ends travel.
	Stream struct{ Elem *ValType }
	// Future is a future type; Elem is nil where nothing travels.
	Future struct{ Elem *ValType }
	// Map is a map type.
	Map struct{ Key, Value ValType }
	// Func is a function type. Result is nil where it gives nothing.
	Func struct {
		Async  bool
		Params []Field
		Result *ValType
	}
	// Resource is a new resource type. Dtor is nil where it has no destructor.
	Resource struct {
		Rep  byte
		Dtor *uint32
	}
	// InstanceType is the type of an instance, by its declarations in order.
	InstanceType struct{ Decls []Decl }
	// ComponentType is the type of a component, by its declarations in order.
	ComponentType struct{ Decls []Decl }
)

func (*Prim) typ()          {}
func (*Record) typ()        {}
func (*Variant) typ()       {}
func (*List) typ()          {}
func (*FixedList) typ()     {}
func (*Tuple) typ()         {}
func (*Flags) typ()         {}
func (*Enum) typ()          {}
func (*Option) typ()        {}
func (*Result) typ()        {}
func (*Own) typ()           {}
func (*Borrow) typ()        {}
func (*Stream) typ()        {}
func (*Future) typ()        {}
func (*Map) typ()           {}
func (*Func) typ()          {}
func (*Resource) typ()      {}
func (*InstanceType) typ()  {}
func (*ComponentType) typ() {}

// Field is a field of a record or a parameter of a function.
type Field struct {
	Label string
	Type  ValType
}

// Case is a case of a variant; Type is nil where it has no payload.
type Case struct {
	Label string
	Type  *ValType
}

// A Decl is a declaration inside an instance or component type: a CoreTypeDef,
// a TypeDef, an Alias, an ImportDecl (component types only) or an ExportDecl.
type Decl interface{ decl() }

type (
	// ImportDecl declares an import of a component type.
	ImportDecl struct {
		Offset int
		Name   ExternName
		Type   ExternType
	}
	// ExportDecl declares an export of an instance or component type.
	ExportDecl struct {
		Offset int
		Name   ExternName
		Type   ExternType
	}
)

func (*CoreTypeDef) decl() {}
func (*TypeDef) decl()     {}
func (*Alias) decl()       {}
func (*ImportDecl) decl()  {}
func (*ExportDecl) decl()  {}

// A CoreType is a core type of a component.
type CoreType interface{ coreType() }

type (
	// CoreFuncType is a core function type.
	CoreFuncType struct {
		Params, Results []CoreValType
		Shared          bool
	}
	// CoreStructType is a core structure type.
	CoreStructType struct {
		Fields []CoreField
		Shared bool
	}
	// CoreArrayType is a core array type.
	CoreArrayType struct {
		Elem   CoreField
		Shared bool
	}
	// CoreSubType is a core type with its place among the others: what it is a
	// subtype of, and whether others may be subtypes of it.
	CoreSubType struct {
		Final  bool
		Supers []uint32
		Type   CoreType
	}
	// CoreModuleType is the type of a core module.
	CoreModuleType struct{ Decls []CoreModuleDecl }
)

func (*CoreFuncType) coreType()   {}
func (*CoreStructType) coreType() {}
func (*CoreArrayType) coreType()  {}
func (*CoreSubType) coreType()    {}
func (*CoreModuleType) coreType() {}

// CoreValType is a core value type, or the packed type of a field.
type CoreValType struct {
	// Code is the type's byte; 0x63 and 0x64 are references to what follows,
	// with and without null.
	Code byte
	// Heap is the byte of the abstract type that a reference refers to, and 0
	// where it refers to the type Index.
	Heap  byte
	Index uint32
}

// CoreField is a field of a core structure or array type.
type CoreField struct {
	Type    CoreValType
	Mutable bool
}

// CoreModuleDecl is one declaration of a core module type. Exactly one of
// Import, Type, Outer and Export is set.
type CoreModuleDecl struct {
	Offset int
	Import *CoreImportDecl
	Type   CoreType
	Outer  *CoreOuterAlias
	Export *CoreExportDecl
	// Member and Members are those of Type, as in a CoreTypeDef.
	Member, Members int
}

// CoreImportDecl is one import of a core module type.
type CoreImportDecl struct {
	Module, Name string
	Type         CoreExternType
}

// CoreExportDecl is one export of a core module type.
type CoreExportDecl struct {
	Name string
	Type CoreExternType
}

// CoreOuterAlias is an outer alias of a core type inside a module type.
type CoreOuterAlias struct{ Count, Index uint32 }

// CoreExternType is the type of a core import or export: its sort and, for a
// function or a tag, its type's index; the others hold what the sort has.
type CoreExternType struct {
	Sort     Sort
	Index    uint32
	Val      CoreValType // of a global or table
	Mutable  bool
	Min, Max uint64
	HasMax   bool
	Shared   bool
	Is64     bool
	// PageSize is the logarithm of a memory's page size, if HasPageSize.
	PageSize    uint32
	HasPageSize bool
}
