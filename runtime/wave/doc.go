// Package wave holds the text format of component-level values, WAVE (Web
// Assembly Value Encoding): 1, "two", [3], {field: 4}, circle(2.5), some(true).
// It calls no functions: ParseCall reads what to call with which arguments.
//
// The format knows types, not only values: {a} is a set of flags or nothing,
// depending on the type. So Parse and Format work by a type of package abi, on
// values as its type-driven path has them.
//
//	bool                   true, false
//	integers               123, -9
//	f32, f64               3.14, 6.022e+23, nan, inf, -inf
//	char, string           'x', '\u{2603}', "abc\t123", and """ over several lines
//	list<T>, list<T, n>    [1, 2, 3]
//	tuple                  ("abc", 123)
//	record                 {a: 1, b: "two"}; options that are none may be left out, {:} is one without fields
//	variant, enum          days(30), forever
//	option                 some(1), none; also 1, where T is no option or result
//	result                 ok(1), err("no"), ok; also 1, as above
//	flags                  {read, write}, {}
//
// A label that is one of the keywords true, false, inf, nan, some, none, ok and
// err is written with a percent sign where a case stands: %none.
//
// Beyond what WAVE has today, and only where its types leave a gap:
//
//	map<K, V>              {"a": 1, "b": 2}, {:} where it is empty
//	own<r>, borrow<r>      $1, the name of a resource in Handles
//	list<u8>               "text" too, as its UTF-8 bytes; written so on request
package wave
