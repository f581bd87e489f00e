package meter

// Cost is the static price of an instruction.
var Cost = cost

// CarriedCost is the most that a function may cost that its caller pays for.
const CarriedCost = carriedCost
