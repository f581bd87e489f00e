package validate

// What a component may ask of this package. The limits on types are those of
// wasm-tools, so that what it accepts is accepted.
const (
	// maxTypeSize is how many nodes the tree may have that a type stands for.
	maxTypeSize = 1_000_000
	// maxTypeDepth is how deep that tree may be.
	maxTypeDepth = 100
	// maxValueBytes is the bound of the size of a value in linear memory with
	// 64-bit pointers [Binary.md, Type Definitions].
	maxValueBytes = 1 << 28
	// maxFlags is how many flags a type may have [Binary.md, Type Definitions].
	maxFlags = 32
	// maxPages and maxPages64 bound a memory with pages of 64 KiB.
	maxPages   = 1 << 16
	maxPages64 = 1 << 48
	// maxTableElements bounds the elements that a table starts with.
	maxTableElements = 10_000_000
)

// The budget. Walks over types take steps, and substitutions make nodes; each
// definition of the file adds to what there is, so that a small file can take
// little. What tools write needs less than a hundredth of it.
const (
	baseSteps, stepsEach = 4_000_000, 400
	baseNodes, nodesEach = 200_000, 32
)

type budget struct{ steps, nodes int }

func newBudget() budget { return budget{baseSteps, baseNodes} }

// define adds what one more definition allows.
func (v *validator) define() {
	v.budget.steps += stepsEach
	v.budget.nodes += nodesEach
}

// step counts the visit of one node.
func (v *validator) step() { v.stepOver(1) }

// stepOver counts the visit of n nodes.
func (v *validator) stepOver(n int) {
	if v.budget.steps -= n; v.budget.steps < 0 {
		v.fail(ClassLimit, "the types of this component are too large to compare for its size: use fewer copies of large types in one another")
	}
}

// node counts the making of one node.
func (v *validator) node() { v.makeNodes(1) }

// makeNodes counts the making of n nodes.
func (v *validator) makeNodes(n int) {
	if v.budget.nodes -= n; v.budget.nodes < 0 {
		v.fail(ClassLimit, "the resource types of this component multiply too often for its size: use fewer copies of instance types with resources in one another")
	}
}
