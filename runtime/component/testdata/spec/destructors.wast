;; Destructors: in which order they run, what they may do, and whom a drop enters.

;; A destructor that drops another resource of its own type: a list, whose
;; drop re-enters the same core function for each of its links.
(component definition $List
  (component $Impl
    (core module $Later (table (export "drop") 1 funcref))
    (core instance $later (instantiate $Later))
    (core module $Dtor
      (import "" "drop" (table 1 funcref))
      (type $drop (func (param i32)))
      (memory 1) ;; by representation: the handle of the next link
      (global $count (mut i32) (i32.const 0))
      (global $trace (mut i32) (i32.const 0))
      (func (export "link") (param $rep i32) (param $next i32)
        (i32.store (i32.shl (local.get $rep) (i32.const 2)) (local.get $next)))
      (func (export "dtor") (param $rep i32)
        (local $next i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (global.set $trace (i32.add (i32.mul (global.get $trace) (i32.const 10)) (local.get $rep)))
        (local.set $next (i32.load (i32.shl (local.get $rep) (i32.const 2))))
        (if (local.get $next)
          (then (call_indirect (type $drop) (local.get $next) (i32.const 0))))
        ;; on the way back, as long as it fits
        (global.set $trace (i32.add (i32.mul (global.get $trace) (i32.const 10)) (local.get $rep))))
      (func (export "count") (result i32) (global.get $count))
      (func (export "trace") (result i32) (global.get $trace)))
    (core instance $d (instantiate $Dtor (with "" (instance $later))))
    (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
    (core func $new (canon resource.new $r'))
    (core func $drop (canon resource.drop $r'))
    (core module $Fill
      (import "" "table" (table 1 funcref))
      (import "" "drop" (func $drop (param i32)))
      (elem (i32.const 0) $drop))
    (core instance (instantiate $Fill (with "" (instance
      (export "table" (table $later "drop")) (export "drop" (func $drop))))))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "link" (func $link (param i32 i32)))
      (func (export "make") (param $n i32) (result i32)
        (local $i i32)
        (local $h i32)
        (loop $again
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (call $link (local.get $i) (local.get $h))
          (local.set $h (call $new (local.get $i)))
          (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (local.get $h)))
    (core instance $m (instantiate $M (with "" (instance
      (export "new" (func $new)) (export "link" (func $d "link"))))))
    (export $r "r" (type $r'))
    (func (export "make") (param "links" u32) (result (own $r)) (canon lift (core func $m "make")))
    (func (export "drop-within") (param "x" (own $r)) (canon lift (core func $drop)))
    (func (export "count") (result u32) (canon lift (core func $d "count")))
    (func (export "trace") (result u32) (canon lift (core func $d "trace"))))
  (instance $impl (instantiate $Impl))
  (alias export $impl "r" (type $r))
  (core func $make (canon lower (func $impl "make")))
  (core func $within (canon lower (func $impl "drop-within")))
  (core func $drop (canon resource.drop $r))
  (func (export "make") (param "links" u32) (result u32) (canon lift (core func $make)))
  (func (export "drop") (param "i" u32) (canon lift (core func $drop)))
  (func (export "drop-within") (param "i" u32) (canon lift (core func $within)))
  (export "count" (func $impl "count"))
  (export "trace" (func $impl "trace")))

;; From outside and from within.
(component instance $a $List)
(assert_return (invoke "make" (u32.const 3)) (u32.const 1))
(assert_return (invoke "drop" (u32.const 1)))
(assert_return (invoke "trace") (u32.const 321123))
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_return (invoke "drop" (u32.const 1)))
(assert_return (invoke "trace") (u32.const 32112311))
(component instance $b $List)
(assert_return (invoke "make" (u32.const 4)) (u32.const 1))
(assert_return (invoke "drop-within" (u32.const 1)))
(assert_return (invoke "trace") (u32.const 43211234))

;; A hundred deep, and again, since the functions are used again.
(component instance $c $List)
(assert_return (invoke "make" (u32.const 100)) (u32.const 1))
(assert_return (invoke "make" (u32.const 100)) (u32.const 2))
(assert_return (invoke "drop" (u32.const 2)))
(assert_return (invoke "count") (u32.const 100))
(assert_return (invoke "make" (u32.const 50)) (u32.const 2))
(assert_return (invoke "drop-within" (u32.const 2)))
(assert_return (invoke "count") (u32.const 150))

;; A drop enters who implements the resource, and the destructor may call others,
;; as long as they are not entered already. $hub is how the children reach one
;; another: 0 comes to the parent only, 1 to the user, 2 has the user drop a
;; resource that has no destructor, 3 comes to the implementor.
(component definition $Ring
  (core module $Hub
    (table (export "table") 4 funcref)
    (type $f (func))
    (global $pokes (mut i32) (i32.const 0))
    (func (export "poke") (param i32)
      (global.set $pokes (i32.add (global.get $pokes) (i32.const 1)))
      (call_indirect (type $f) (local.get 0)))
    (func (export "pokes") (result i32) (global.get $pokes)))
  (core instance $hub (instantiate $Hub))
  (func $poke (param "to" u32) (canon lift (core func $hub "poke")))

  (component $Impl
    (import "poke" (func $poke (param "to" u32)))
    (core func $poke' (canon lower (func $poke)))
    (core module $Dtor
      (import "" "poke" (func $poke (param i32)))
      (func (export "dtor") (param i32)
        (if (i32.eq (local.get 0) (i32.const 8)) (then unreachable))
        (if (i32.ne (local.get 0) (i32.const 9)) (then (call $poke (local.get 0))))))
    (core instance $d (instantiate $Dtor (with "" (instance (export "poke" (func $poke'))))))
    (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
    (type $s' (resource (rep i32)))
    (export $r "r" (type $r'))
    (export $s "s" (type $s'))
    (core func $new (canon resource.new $r'))
    (core func $new-s (canon resource.new $s'))
    (core module $M (func (export "nothing")))
    (core instance $m (instantiate $M))
    (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $new)))
    (func (export "make-s") (param "rep" u32) (result (own $s)) (canon lift (core func $new-s)))
    (func (export "go") (param "to" u32) (canon lift (core func $poke')))
    (func (export "nothing") (canon lift (core func $m "nothing"))))
  (instance $impl (instantiate $Impl (with "poke" (func $poke))))
  (alias export $impl "r" (type $r))
  (alias export $impl "s" (type $s))

  (component $User
    (import "r" (type $r (sub resource)))
    (import "s" (type $s (sub resource)))
    (import "make" (func $make (param "rep" u32) (result (own $r))))
    (import "make-s" (func $make-s (param "rep" u32) (result (own $s))))
    (core func $make' (canon lower (func $make)))
    (core func $make-s' (canon lower (func $make-s)))
    (core func $drop (canon resource.drop $r))
    (core func $drop-s (canon resource.drop $s))
    (core module $M
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "make-s" (func $make-s (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "drop-s" (func $drop-s (param i32)))
      (global $kept (mut i32) (i32.const 0))
      (func (export "nothing"))
      (func (export "drop") (param i32) (call $drop (call $make (local.get 0))))
      (func (export "hold") (global.set $kept (call $make-s (i32.const 1))))
      (func (export "drop-held") (call $drop-s (global.get $kept))))
    (core instance $m (instantiate $M (with "" (instance
      (export "make" (func $make')) (export "make-s" (func $make-s')) (export "drop" (func $drop)) (export "drop-s" (func $drop-s))))))
    (func (export "nothing") (canon lift (core func $m "nothing")))
    (func (export "drop") (param "rep" u32) (canon lift (core func $m "drop")))
    (func (export "hold") (canon lift (core func $m "hold")))
    (func (export "drop-held") (canon lift (core func $m "drop-held"))))
  (instance $user (instantiate $User
    (with "r" (type $r)) (with "s" (type $s)) (with "make" (func $impl "make")) (with "make-s" (func $impl "make-s"))))

  (core func $user-nothing (canon lower (func $user "nothing")))
  (core func $user-drop-held (canon lower (func $user "drop-held")))
  (core func $impl-nothing (canon lower (func $impl "nothing")))
  (core module $Fill
    (import "" "table" (table 4 funcref))
    (import "" "1" (func $1))
    (import "" "2" (func $2))
    (import "" "3" (func $3))
    (func $0)
    (elem (i32.const 0) $0 $1 $2 $3))
  (core instance (instantiate $Fill (with "" (instance
    (export "table" (table $hub "table"))
    (export "1" (func $user-nothing)) (export "2" (func $user-drop-held)) (export "3" (func $impl-nothing))))))
  (func (export "pokes") (result u32) (canon lift (core func $hub "pokes")))
  (export "go" (func $impl "go"))
  (export "drop" (func $user "drop"))
  (export "hold" (func $user "hold"))
  (export "drop-held" (func $user "drop-held")))

(component instance $a $Ring)
(assert_return (invoke "drop" (u32.const 9)))
(assert_return (invoke "drop" (u32.const 0)))
(assert_return (invoke "pokes") (u32.const 1))
(assert_return (invoke "go" (u32.const 0)))
(assert_return (invoke "go" (u32.const 1)))
(assert_return (invoke "pokes") (u32.const 3))
(assert_return (invoke "hold"))
(assert_return (invoke "drop-held"))
(assert_trap (invoke "drop-held") "unknown handle index 1")

;; The destructor traps.
(component instance $b $Ring)
(assert_trap (invoke "drop" (u32.const 8)) "unreachable")
;; The destructor comes back to who drops, and to itself.
(component instance $b $Ring)
(assert_trap (invoke "drop" (u32.const 1)) "cannot enter component instance")
(component instance $b $Ring)
(assert_trap (invoke "drop" (u32.const 3)) "cannot enter component instance")
(component instance $b $Ring)
(assert_trap (invoke "go" (u32.const 3)) "cannot enter component instance")
;; A drop enters who implements the resource also where there is no destructor.
(component instance $b $Ring)
(assert_return (invoke "hold"))
(assert_trap (invoke "go" (u32.const 2)) "cannot enter component instance")

;; A parent's resource in the hands of its child: the child may call the parent,
;; which is entered already and lets its children in and out.
(component definition $Parent
  (core module $Dtor
    (global $dropped (mut i32) (i32.const 0))
    (func (export "dtor") (param i32)
      (global.set $dropped (i32.add (i32.mul (global.get $dropped) (i32.const 10)) (local.get 0))))
    (func (export "dropped") (result i32) (global.get $dropped)))
  (core instance $d (instantiate $Dtor))
  (type $p (resource (rep i32) (dtor (core func $d "dtor"))))
  (core func $new (canon resource.new $p))
  (core func $drop (canon resource.drop $p))
  (core module $Inner
    (import "" "drop" (func $drop (param i32)))
    (global $lent (export "lent") (mut i32) (i32.const 0))
    (func (export "drop-lent") (call $drop (global.get $lent)))
    (func (export "get") (param i32) (result i32) (local.get 0)))
  (core instance $inner (instantiate $Inner (with "" (instance (export "drop" (func $drop))))))
  (func $drop-lent (canon lift (core func $inner "drop-lent")))
  (func $get (param "x" (borrow $p)) (result u32) (canon lift (core func $inner "get")))

  (component $Child
    (import "p" (type $p (sub resource)))
    (import "drop-lent" (func $drop-lent))
    (import "get" (func $get (param "x" (borrow $p)) (result u32)))
    (core func $drop (canon resource.drop $p))
    (core func $drop-lent' (canon lower (func $drop-lent)))
    (core func $get' (canon lower (func $get)))
    (core module $M
      (import "" "drop" (func $drop (param i32)))
      (import "" "drop-lent" (func $drop-lent))
      (import "" "get" (func $get (param i32) (result i32)))
      (func (export "borrow") (param $x i32) (param $what i32) (result i32)
        (local $got i32)
        (if (i32.eq (local.get $what) (i32.const 1)) (then (call $drop-lent)))
        (if (i32.eq (local.get $what) (i32.const 2)) (then (local.set $got (call $get (local.get $x)))))
        (call $drop (local.get $x))
        (local.get $got)))
    (core instance $m (instantiate $M (with "" (instance
      (export "drop" (func $drop)) (export "drop-lent" (func $drop-lent')) (export "get" (func $get'))))))
    (func (export "borrow") (param "x" (borrow $p)) (param "what" u32) (result u32) (canon lift (core func $m "borrow")))
    (func (export "take") (param "x" (own $p)) (canon lift (core func $drop))))
  (instance $child (instantiate $Child (with "p" (type $p)) (with "drop-lent" (func $drop-lent)) (with "get" (func $get))))

  (core func $borrow (canon lower (func $child "borrow")))
  (core func $take (canon lower (func $child "take")))
  (core module $Outer
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "borrow" (func $borrow (param i32 i32) (result i32)))
    (import "" "take" (func $take (param i32)))
    (import "" "lent" (global $lent (mut i32)))
    (func (export "lend") (param $what i32) (result i32)
      (local $got i32)
      (global.set $lent (call $new (i32.const 5)))
      (local.set $got (call $borrow (global.get $lent) (local.get $what)))
      (call $drop (global.get $lent))
      (local.get $got))
    (func (export "give")
      (call $take (call $new (i32.const 6)))))
  (core instance $outer (instantiate $Outer (with "" (instance
    (export "new" (func $new)) (export "drop" (func $drop)) (export "borrow" (func $borrow)) (export "take" (func $take))
    (export "lent" (global $inner "lent"))))))
  (func (export "lend") (param "what" u32) (result u32) (canon lift (core func $outer "lend")))
  (func (export "give") (canon lift (core func $outer "give")))
  (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))

(component instance $a $Parent)
(assert_return (invoke "lend" (u32.const 0)) (u32.const 0))
(assert_return (invoke "dropped") (u32.const 5))
(assert_return (invoke "give"))
(assert_return (invoke "dropped") (u32.const 56))
(assert_return (invoke "lend" (u32.const 2)) (u32.const 5))
(assert_return (invoke "dropped") (u32.const 565))
;; Dropped while it is lent.
(assert_trap (invoke "lend" (u32.const 1)) "cannot remove owned resource while borrowed")
