;; Resources of one component instance in the hands of another. The script is the
;; guest: what it calls are the core functions of $user themselves, so that it
;; sees handles as the numbers that they are.

(component definition $Resources
  ;; Implements r, and writes down the representations that it drops, as the
  ;; digits of a number.
  (component $Impl
    (core module $Dtor
      (global $dropped (mut i32) (i32.const 0))
      (func (export "dtor") (param i32)
        (global.set $dropped (i32.add (i32.mul (global.get $dropped) (i32.const 10)) (local.get 0))))
      (func (export "dropped") (result i32) (global.get $dropped)))
    (core instance $d (instantiate $Dtor))
    (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r'))
    (core func $rep (canon resource.rep $r'))
    (core func $drop (canon resource.drop $r'))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (global $kept (mut i32) (i32.const 0))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "get") (param i32) (result i32) (local.get 0)) ;; the representation itself
      (func (export "end") (param i32) (result i32)
        (local $rep i32)
        (local.set $rep (call $rep (local.get 0)))
        (call $drop (local.get 0))
        (local.get $rep))
      (func (export "keep") (param i32) (global.set $kept (local.get 0)))
      (func (export "give") (result i32) (global.get $kept))
      (func (export "pass") (param i32) (result i32) (local.get 0))
      (func (export "sum") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (func (export "both") (param i32 i32)))
    (core instance $m (instantiate $M (with "" (instance
      (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
    (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $m "make")))
    (func (export "get") (param "x" (borrow $r)) (result u32) (canon lift (core func $m "get")))
    (func (export "end") (param "x" (own $r)) (result u32) (canon lift (core func $m "end")))
    (func (export "keep") (param "x" (own $r)) (canon lift (core func $m "keep")))
    (func (export "give") (result (own $r)) (canon lift (core func $m "give")))
    (func (export "pass") (param "x" (own $r)) (result (own $r)) (canon lift (core func $m "pass")))
    (func (export "sum") (param "x" (borrow $r)) (param "y" (borrow $r)) (result u32) (canon lift (core func $m "sum")))
    (func (export "both") (param "x" (borrow $r)) (param "y" (own $r)) (canon lift (core func $m "both")))
    (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))
  (instance $impl (instantiate $Impl))
  (instance $other (instantiate $Impl))
  (alias export $impl "r" (type $r))
  (alias export $other "r" (type $s))

  ;; Borrows r and does with the handle what it is told: 0 drops it, 1 nothing, 2
  ;; drops it twice, 3 gives it on to get and drops it, 4 gives it away, 5 lends it
  ;; and gives it away in one call.
  (component $Borrower
    (import "r" (type $r (sub resource)))
    (import "get" (func $get (param "x" (borrow $r)) (result u32)))
    (import "end" (func $end (param "x" (own $r)) (result u32)))
    (import "both" (func $both (param "x" (borrow $r)) (param "y" (own $r))))
    (core func $drop (canon resource.drop $r))
    (core func $get' (canon lower (func $get)))
    (core func $end' (canon lower (func $end)))
    (core func $both' (canon lower (func $both)))
    (core module $M
      (import "" "drop" (func $drop (param i32)))
      (import "" "get" (func $get (param i32) (result i32)))
      (import "" "end" (func $end (param i32) (result i32)))
      (import "" "both" (func $both (param i32 i32)))
      (func (export "borrow") (param $x i32) (param $what i32) (result i32)
        (local $got i32)
        (if (i32.eq (local.get $what) (i32.const 1)) (then (return (local.get $x))))
        (if (i32.eq (local.get $what) (i32.const 3)) (then (local.set $got (call $get (local.get $x)))))
        (if (i32.eq (local.get $what) (i32.const 4)) (then (local.set $got (call $end (local.get $x)))))
        (if (i32.eq (local.get $what) (i32.const 5)) (then (call $both (local.get $x) (local.get $x))))
        (call $drop (local.get $x))
        (if (i32.eq (local.get $what) (i32.const 2)) (then (call $drop (local.get $x))))
        (local.get $got)))
    (core instance $m (instantiate $M (with "" (instance
      (export "drop" (func $drop)) (export "get" (func $get')) (export "end" (func $end')) (export "both" (func $both'))))))
    (func (export "borrow") (param "x" (borrow $r)) (param "what" u32) (result u32) (canon lift (core func $m "borrow"))))
  (instance $borrower (instantiate $Borrower
    (with "r" (type $r)) (with "get" (func $impl "get")) (with "end" (func $impl "end")) (with "both" (func $impl "both"))))

  (component $User
    (import "r" (type $r (sub resource)))
    (import "s" (type $s (sub resource)))
    (import "make" (func $make (param "rep" u32) (result (own $r))))
    (import "make-s" (func $make-s (param "rep" u32) (result (own $s))))
    (import "get" (func $get (param "x" (borrow $r)) (result u32)))
    (import "end" (func $end (param "x" (own $r)) (result u32)))
    (import "keep" (func $keep (param "x" (own $r))))
    (import "give" (func $give (result (own $r))))
    (import "pass" (func $pass (param "x" (own $r)) (result (own $r))))
    (import "sum" (func $sum (param "x" (borrow $r)) (param "y" (borrow $r)) (result u32)))
    (import "both" (func $both (param "x" (borrow $r)) (param "y" (own $r))))
    (import "borrow" (func $borrow (param "x" (borrow $r)) (param "what" u32) (result u32)))
    (core func $make' (canon lower (func $make)))
    (core func $make-s' (canon lower (func $make-s)))
    (core func $get' (canon lower (func $get)))
    (core func $end' (canon lower (func $end)))
    (core func $keep' (canon lower (func $keep)))
    (core func $give' (canon lower (func $give)))
    (core func $pass' (canon lower (func $pass)))
    (core func $sum' (canon lower (func $sum)))
    (core func $both' (canon lower (func $both)))
    (core func $borrow' (canon lower (func $borrow)))
    (core func $drop' (canon resource.drop $r))
    (core func $drop-s' (canon resource.drop $s))
    (func (export "make") (param "rep" u32) (result u32) (canon lift (core func $make')))
    (func (export "make-s") (param "rep" u32) (result u32) (canon lift (core func $make-s')))
    (func (export "get") (param "i" u32) (result u32) (canon lift (core func $get')))
    (func (export "end") (param "i" u32) (result u32) (canon lift (core func $end')))
    (func (export "keep") (param "i" u32) (canon lift (core func $keep')))
    (func (export "give") (result u32) (canon lift (core func $give')))
    (func (export "pass") (param "i" u32) (result u32) (canon lift (core func $pass')))
    (func (export "sum") (param "i" u32) (param "j" u32) (result u32) (canon lift (core func $sum')))
    (func (export "both") (param "i" u32) (param "j" u32) (canon lift (core func $both')))
    (func (export "borrow") (param "i" u32) (param "what" u32) (result u32) (canon lift (core func $borrow')))
    (func (export "drop") (param "i" u32) (canon lift (core func $drop')))
    (func (export "drop-s") (param "i" u32) (canon lift (core func $drop-s'))))
  (instance $user (instantiate $User
    (with "r" (type $r)) (with "s" (type $s))
    (with "make" (func $impl "make")) (with "make-s" (func $other "make"))
    (with "get" (func $impl "get")) (with "end" (func $impl "end")) (with "keep" (func $impl "keep")) (with "give" (func $impl "give"))
    (with "pass" (func $impl "pass")) (with "sum" (func $impl "sum")) (with "both" (func $impl "both"))
    (with "borrow" (func $borrower "borrow"))))
  (export "make" (func $user "make"))
  (export "make-s" (func $user "make-s"))
  (export "get" (func $user "get"))
  (export "end" (func $user "end"))
  (export "keep" (func $user "keep"))
  (export "give" (func $user "give"))
  (export "pass" (func $user "pass"))
  (export "sum" (func $user "sum"))
  (export "both" (func $user "both"))
  (export "borrow" (func $user "borrow"))
  (export "drop" (func $user "drop"))
  (export "drop-s" (func $user "drop-s"))
  (export "dropped" (func $impl "dropped"))
  (export "dropped-s" (func $other "dropped")))

;; Handles are counted from 1; the one that became free last is taken first.
(component instance $a $Resources)
(assert_return (invoke "make" (u32.const 4)) (u32.const 1))
(assert_return (invoke "make" (u32.const 5)) (u32.const 2))
(assert_return (invoke "make-s" (u32.const 6)) (u32.const 3))
(assert_return (invoke "make" (u32.const 7)) (u32.const 4))
(assert_return (invoke "drop" (u32.const 1)))
(assert_return (invoke "drop-s" (u32.const 3)))
(assert_return (invoke "dropped") (u32.const 4))
(assert_return (invoke "dropped-s") (u32.const 6))
(assert_return (invoke "make" (u32.const 8)) (u32.const 3))
(assert_return (invoke "make" (u32.const 9)) (u32.const 1))
(assert_return (invoke "make" (u32.const 1)) (u32.const 5))

;; A borrow gives the representation to who implements it; an own takes the handle.
(assert_return (invoke "get" (u32.const 3)) (u32.const 8))
(assert_return (invoke "get" (u32.const 3)) (u32.const 8))
(assert_return (invoke "sum" (u32.const 3) (u32.const 3)) (u32.const 16))
(assert_return (invoke "end" (u32.const 3)) (u32.const 8))
(assert_return (invoke "dropped") (u32.const 48))

;; There and back: another handle of the same resource, nothing dropped.
(assert_return (invoke "pass" (u32.const 5)) (u32.const 5))
(assert_return (invoke "keep" (u32.const 5)))
(assert_return (invoke "make" (u32.const 2)) (u32.const 5))
(assert_return (invoke "give") (u32.const 3))
(assert_return (invoke "get" (u32.const 3)) (u32.const 1))
(assert_return (invoke "dropped") (u32.const 48))

;; A third instance borrows: it drops its handle, or lends it on before.
(assert_return (invoke "borrow" (u32.const 3) (u32.const 0)) (u32.const 0))
(assert_return (invoke "borrow" (u32.const 3) (u32.const 3)) (u32.const 1))
(assert_return (invoke "drop" (u32.const 3)))
(assert_return (invoke "dropped") (u32.const 481))

;; A resource that was lent and an own of another one in the same call.
(assert_return (invoke "both" (u32.const 1) (u32.const 2)))
(assert_return (invoke "get" (u32.const 1)) (u32.const 9))
(assert_trap (invoke "get" (u32.const 2)) "unknown handle index 2")

;; What is not there.
(component instance $b $Resources)
(assert_trap (invoke "get" (u32.const 0)) "unknown handle index 0")
(component instance $b $Resources)
(assert_trap (invoke "drop" (u32.const 1)) "unknown handle index 1")
(component instance $b $Resources)
(assert_trap (invoke "end" (u32.const 4294967295)) "unknown handle index 4294967295")
(component instance $b $Resources)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_return (invoke "drop" (u32.const 1)))
(assert_trap (invoke "drop" (u32.const 1)) "unknown handle index 1")
;; An instance that trapped stays entered.
(assert_trap (invoke "dropped") "cannot enter component instance")

;; What was given away.
(component instance $b $Resources)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_return (invoke "end" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "end" (u32.const 1)) "unknown handle index 1")

;; What is of another type, though of the same component.
(component instance $b $Resources)
(assert_return (invoke "make-s" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "get" (u32.const 1)) "handle index 1 used with the wrong type")
(component instance $b $Resources)
(assert_return (invoke "make-s" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "end" (u32.const 1)) "handle index 1 used with the wrong type")
(component instance $b $Resources)
(assert_return (invoke "make-s" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "drop" (u32.const 1)) "handle index 1 used with the wrong type")

;; Given away while it is lent.
(component instance $b $Resources)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "both" (u32.const 1) (u32.const 1)) "cannot remove owned resource while borrowed")

;; A borrow that outlives the call; one that is dropped twice; one that is given
;; away, and that while it is lent on.
(component instance $b $Resources)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "borrow" (u32.const 1) (u32.const 1)) "borrow handles still remain at the end of the call")
(component instance $b $Resources)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "borrow" (u32.const 1) (u32.const 2)) "unknown handle index 1")
(component instance $b $Resources)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "borrow" (u32.const 1) (u32.const 4)) "a borrowed handle cannot be given away")
(component instance $b $Resources)
(assert_return (invoke "make" (u32.const 1)) (u32.const 1))
(assert_trap (invoke "borrow" (u32.const 1) (u32.const 5)) "cannot remove owned resource while borrowed")

;; Instances of one component have types and tables of their own.
(component instance $c $Resources)
(component instance $d $Resources)
(assert_return (invoke $c "make" (u32.const 1)) (u32.const 1))
(assert_return (invoke $d "make" (u32.const 2)) (u32.const 1))
(assert_return (invoke $c "get" (u32.const 1)) (u32.const 1))
(assert_return (invoke $d "drop" (u32.const 1)))
(assert_return (invoke $c "dropped") (u32.const 0))
(assert_return (invoke $d "dropped") (u32.const 2))

;; Only who defines a type makes and reads its representations.
(assert_invalid
  (component
    (import "r" (type $r (sub resource)))
    (core func (canon resource.new $r)))
  "not a local resource")
(assert_invalid
  (component
    (component $Impl
      (type $r' (resource (rep i32)))
      (export "r" (type $r')))
    (instance $impl (instantiate $Impl))
    (alias export $impl "r" (type $r))
    (core func (canon resource.rep $r)))
  "not a local resource")

;; Two instances of one component have different types.
(assert_invalid
  (component
    (component $Impl
      (type $r' (resource (rep i32)))
      (export "r" (type $r')))
    (instance $a (instantiate $Impl))
    (instance $b (instantiate $Impl))
    (alias export $a "r" (type $r))
    (alias export $b "r" (type $s))
    (component $User
      (import "r" (type $r (sub resource)))
      (import "same" (type (eq $r))))
    (instance (instantiate $User (with "r" (type $r)) (with "same" (type $s)))))
  "resource types are not the same")
