// Package capability holds what a component may use: kinds, patterns, grants, and the guard that decides each use.
// It does nothing with what it grants: it opens no file, knows no component binary and reads no manifest.
//
// A [Grant] allows an action on the resources that its pattern matches, such as reading /data/**. A [Point] is one check in one imported function.
// A [Guard] joins the two for one component instance and is asked before every host function; a [Demand] is what one call asks for.
// What no grant covers is denied: no grants, no access.
//
// # Patterns
//
// The kind says what a resource looks like and so how patterns match. Matching is by case, except for host names.
// A resource that is not of its kind's form is denied whatever was granted; it is never cleaned into one that is.
//
//	kind        resource                   in patterns
//	filesystem  /absolute/path             * ? [abc] [a-z] [!a] within a segment, {a,b}, ** for any number of whole segments;
//	                                       /data/** is the directory and all below it
//	network     host:port                  a leading *. for any subdomain, at any depth; the port is always one number,
//	                                       with an address also 0: one that the system chooses
//	storage     names joined by :          * within a name; a last name * stands for one or more names;
//	                                       <id> stands for the component's own address
//	messaging   namespace:name[/instance]  * within a name; without an instance, every instance
//	import      ns:package/interface@1.2.0 without a version, every version; with one, the versions compatible with it;
//	            or a world's own function  ns:package/* for every interface of the package
//	others      names joined by : and /    * within a name
package capability
