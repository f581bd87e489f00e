package meter

// Cost is the static price of an instruction.
var Cost = cost

// LeafCost is the most that a function may cost that its caller pays for.
const LeafCost = leafCost
