;; Imports that a component virtualises, and what is exported again.

;; $Store counts; $Doubling stands before it, with a type of its own around each
;; of its resources; $App cannot tell one from the other.
(component definition $Virtual
  (component $Store
    (core module $D
      (global $dropped (mut i32) (i32.const 0))
      (func (export "dtor") (param i32) (global.set $dropped (i32.add (global.get $dropped) (local.get 0))))
      (func (export "dropped") (result i32) (global.get $dropped)))
    (core instance $d (instantiate $D))
    (type $cell' (resource (rep i32) (dtor (core func $d "dtor"))))
    (core func $new (canon resource.new $cell'))
    (core module $M
      (func (export "get") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func $new' (param "n" u32) (result (own $cell')) (canon lift (core func $new)))
    (func $get' (param "self" (borrow $cell')) (result u32) (canon lift (core func $m "get")))
    (component $Interface
      (import "cell" (type $cell (sub resource)))
      (import "new" (func $new (param "n" u32) (result (own $cell))))
      (import "get" (func $get (param "self" (borrow $cell)) (result u32)))
      (export $cell' "cell" (type $cell))
      (export "[constructor]cell" (func $new) (func (param "n" u32) (result (own $cell'))))
      (export "[method]cell.get" (func $get) (func (param "self" (borrow $cell')) (result u32))))
    (instance $store (instantiate $Interface (with "cell" (type $cell')) (with "new" (func $new')) (with "get" (func $get'))))
    (export "test:virtual/store" (instance $store))
    (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))

  (component $Doubling
    (import "test:virtual/store" (instance $store
      (export "cell" (type $cell (sub resource)))
      (export "[constructor]cell" (func (param "n" u32) (result (own $cell))))
      (export "[method]cell.get" (func (param "self" (borrow $cell)) (result u32)))))
    (alias export $store "cell" (type $inner))
    (core func $new-inner (canon lower (func $store "[constructor]cell")))
    (core func $get-inner (canon lower (func $store "[method]cell.get")))
    (core func $drop-inner (canon resource.drop $inner))
    ;; The representation of a cell is the handle of the one within; when a cell is
    ;; dropped, so is that.
    (type $cell' (resource (rep i32) (dtor (core func $drop-inner))))
    (core func $new (canon resource.new $cell'))
    (core module $M
      (import "" "new-inner" (func $new-inner (param i32) (result i32)))
      (import "" "get-inner" (func $get-inner (param i32) (result i32)))
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "new") (param i32) (result i32) (call $new (call $new-inner (local.get 0))))
      (func (export "get") (param i32) (result i32) (i32.shl (call $get-inner (local.get 0)) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance
      (export "new-inner" (func $new-inner)) (export "get-inner" (func $get-inner)) (export "new" (func $new))))))
    (func $new' (param "n" u32) (result (own $cell')) (canon lift (core func $m "new")))
    (func $get' (param "self" (borrow $cell')) (result u32) (canon lift (core func $m "get")))
    (component $Interface
      (import "cell" (type $cell (sub resource)))
      (import "new" (func $new (param "n" u32) (result (own $cell))))
      (import "get" (func $get (param "self" (borrow $cell)) (result u32)))
      (export $cell' "cell" (type $cell))
      (export "[constructor]cell" (func $new) (func (param "n" u32) (result (own $cell'))))
      (export "[method]cell.get" (func $get) (func (param "self" (borrow $cell')) (result u32))))
    (instance $mine (instantiate $Interface (with "cell" (type $cell')) (with "new" (func $new')) (with "get" (func $get'))))
    (export "test:virtual/store" (instance $mine)))

  (component $App
    (import "test:virtual/store" (instance $store
      (export "cell" (type $cell (sub resource)))
      (export "[constructor]cell" (func (param "n" u32) (result (own $cell))))
      (export "[method]cell.get" (func (param "self" (borrow $cell)) (result u32)))))
    (alias export $store "cell" (type $cell))
    (core func $new (canon lower (func $store "[constructor]cell")))
    (core func $get (canon lower (func $store "[method]cell.get")))
    (core func $drop (canon resource.drop $cell))
    (func (export "new") (param "n" u32) (result u32) (canon lift (core func $new)))
    (func (export "get") (param "i" u32) (result u32) (canon lift (core func $get)))
    (func (export "drop") (param "i" u32) (canon lift (core func $drop))))

  (instance $store (instantiate $Store))
  (alias export $store "test:virtual/store" (instance $real))
  (instance $doubling (instantiate $Doubling (with "test:virtual/store" (instance $real))))
  (instance $twice (instantiate $Doubling (with "test:virtual/store" (instance $doubling "test:virtual/store"))))
  (instance $plain-app (instantiate $App (with "test:virtual/store" (instance $real))))
  (instance $app (instantiate $App (with "test:virtual/store" (instance $twice "test:virtual/store"))))
  (export "plain-new" (func $plain-app "new"))
  (export "plain-get" (func $plain-app "get"))
  (export "plain-drop" (func $plain-app "drop"))
  (export "new" (func $app "new"))
  (export "get" (func $app "get"))
  (export "drop" (func $app "drop"))
  (export "dropped" (func $store "dropped")))
(component instance $a $Virtual)
(assert_return (invoke "plain-new" (u32.const 5)) (u32.const 1))
(assert_return (invoke "new" (u32.const 6)) (u32.const 1))
(assert_return (invoke "new" (u32.const 7)) (u32.const 2))
(assert_return (invoke "plain-get" (u32.const 1)) (u32.const 5))
(assert_return (invoke "get" (u32.const 1)) (u32.const 24))
(assert_return (invoke "get" (u32.const 2)) (u32.const 28))
(assert_return (invoke "drop" (u32.const 1)))
(assert_return (invoke "dropped") (u32.const 6))
(assert_return (invoke "plain-drop" (u32.const 1)))
(assert_return (invoke "dropped") (u32.const 11))
(assert_return (invoke "get" (u32.const 2)) (u32.const 28))
(assert_trap (invoke "get" (u32.const 1)) "unknown handle index 1")

;; Functions exported again: under two names, out of a bundle, through an instance
;; that has more than is asked for, and out of a component that only passes on.
(component
  (component $Real
    (core module $M
      (global $n (mut i32) (i32.const 0))
      (func (export "next") (result i32)
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.get $n)))
    (core instance $m (instantiate $M))
    (func $next (result u32) (canon lift (core func $m "next")))
    (export "next" (func $next))
    (export "again" (func $next)))
  (instance $real (instantiate $Real))
  (instance $bundle
    (export "one" (func $real "next"))
    (export "two" (func $real "again"))
    (export "more" (instance $real)))
  (component $PassOn
    (import "all" (instance $all
      (export "two" (func (result u32)))
      (export "more" (instance (export "next" (func (result u32)))))))
    (alias export $all "more" (instance $more))
    (export "two" (func $all "two"))
    (export "next" (func $more "next"))
    (export "all" (instance $all)))
  (instance $on (instantiate $PassOn (with "all" (instance $bundle))))
  (alias export $on "all" (instance $all))
  (export "next" (func $on "next"))
  (export "two" (func $all "two"))
  (export "one" (func $bundle "one"))
  (export "all" (instance $all)))
(assert_return (invoke "next") (u32.const 1))
(assert_return (invoke "two") (u32.const 2))
(assert_return (invoke "one") (u32.const 3))
(assert_return (invoke "next") (u32.const 4))

;; Components as imports: who instantiates them decides what they are given, and
;; each instance has a state of its own.
(component
  (component $Adder
    (import "base" (func $base (result u32)))
    (core func $base' (canon lower (func $base)))
    (core module $M
      (import "" "base" (func $base (result i32)))
      (global $sum (mut i32) (i32.const 0))
      (func (export "add") (param i32) (result i32)
        (global.set $sum (i32.add (global.get $sum) (local.get 0)))
        (i32.add (global.get $sum) (call $base))))
    (core instance $m (instantiate $M (with "" (instance (export "base" (func $base'))))))
    (func (export "add") (param "n" u32) (result u32) (canon lift (core func $m "add"))))
  (component $Ten
    (core module $M (func (export "base") (result i32) (i32.const 10)))
    (core instance $m (instantiate $M))
    (func (export "base") (result u32) (canon lift (core func $m "base"))))
  (component $Twice
    (import "adder" (component $Adder
      (import "base" (func (result u32)))
      (export "add" (func (param "n" u32) (result u32)))))
    (import "ten" (component $Ten (export "base" (func (result u32)))))
    (instance $ten (instantiate $Ten))
    (instance $one (instantiate $Adder (with "base" (func $ten "base"))))
    (instance $two (instantiate $Adder (with "base" (func $ten "base"))))
    (export "one" (func $one "add"))
    (export "two" (func $two "add")))
  (instance $twice (instantiate $Twice (with "adder" (component $Adder)) (with "ten" (component $Ten))))
  (export "one" (func $twice "one"))
  (export "two" (func $twice "two")))
(assert_return (invoke "one" (u32.const 1)) (u32.const 11))
(assert_return (invoke "one" (u32.const 1)) (u32.const 12))
(assert_return (invoke "two" (u32.const 5)) (u32.const 15))

;; What does not fit.
(assert_invalid
  (component
    (component $Real (core module $M (func (export "f") (result i32) (i32.const 0))) (core instance $m (instantiate $M))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))
    (instance $real (instantiate $Real))
    (component $App (import "i" (instance (export "g" (func (result u32))))))
    (instance (instantiate $App (with "i" (instance $real)))))
  "missing expected export `g`")
(assert_invalid
  (component
    (component $Real (core module $M (func (export "f") (result i32) (i32.const 0))) (core instance $m (instantiate $M))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))
    (instance $real (instantiate $Real))
    (component $App (import "f" (func (result s32))))
    (instance (instantiate $App (with "f" (func $real "f")))))
  "type mismatch")
(assert_invalid
  (component
    (component $App (import "f" (func (result s32))))
    (instance (instantiate $App)))
  "missing import named `f`")
