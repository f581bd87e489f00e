;; Core modules within a component that share what they export: memories, tables,
;; globals; start functions; modules passed to components; linking at the core.

;; Several memories, each of a module of its own: which one a function means is
;; said by its options, not by who calls.
(component
  (core module $Memory
    (memory (export "mem") 1)
    (global $top (mut i32) (i32.const 256))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $top))
      (global.set $top (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $one (instantiate $Memory))
  (core instance $two (instantiate $Memory))
  (alias core export $one "mem" (core memory $mem1))
  (alias core export $two "mem" (core memory $mem2))
  (core module $Poke
    (import "" "mem" (memory 1))
    (func (export "take") (param i32 i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "text") (result i32)
      (i32.store (i32.const 16) (i32.const 256))
      (i32.store (i32.const 20) (i32.const 3))
      (i32.const 16)))
  (core instance $a (instantiate $Poke (with "" (instance (export "mem" (memory $mem1))))))
  (core instance $b (instantiate $Poke (with "" (instance (export "mem" (memory $mem2))))))
  (func (export "take1") (param "x" string) (result u32) (canon lift (core func $a "take") (memory $mem1) (realloc (core func $one "realloc"))))
  (func (export "take2") (param "x" string) (result u32) (canon lift (core func $b "take") (memory $mem2) (realloc (core func $two "realloc"))))
  (func (export "text1") (result string) (canon lift (core func $a "text") (memory $mem1)))
  (func (export "text2") (result string) (canon lift (core func $b "text") (memory $mem2)))
  ;; The function reads its own memory, the string goes into the other one.
  (func (export "crossed") (param "x" string) (result u32) (canon lift (core func $a "take") (memory $mem2) (realloc (core func $two "realloc"))))
  (func (export "peek1") (param "at" u32) (result u32) (canon lift (core func $a "peek")))
  (func (export "peek2") (param "at" u32) (result u32) (canon lift (core func $b "peek"))))
(assert_return (invoke "take1" (str.const "one")) (u32.const 111))
(assert_return (invoke "peek2" (u32.const 256)) (u32.const 0))
(assert_return (invoke "take2" (str.const "two")) (u32.const 116))
(assert_return (invoke "text1") (str.const "one"))
(assert_return (invoke "text2") (str.const "two"))
(assert_return (invoke "crossed" (str.const "xyz")) (u32.const 0))
(assert_return (invoke "peek2" (u32.const 259)) (u32.const 120))

;; Libraries that share a memory, a table and a stack pointer, linked through one
;; another: two components use the same code, each with a state of its own.
(component
  (core module $Libc
    (memory (export "mem") 1)
    (table (export "table") 4 funcref)
    (global $sp (export "sp") (mut i32) (i32.const 65536))
    (func (export "malloc") (param i32) (result i32)
      (global.set $sp (i32.sub (global.get $sp) (local.get 0)))
      (global.get $sp)))
  ;; Puts callbacks into the shared table and leaves its mark at the stack pointer.
  (core module $Lib
    (import "libc" "mem" (memory 1))
    (import "libc" "table" (table 4 funcref))
    (import "libc" "sp" (global $sp (mut i32)))
    (import "libc" "malloc" (func $malloc (param i32) (result i32)))
    (type $op (func (param i32) (result i32)))
    (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
    (func $bump (param i32) (result i32)
      (local $p i32)
      (local.set $p (call $malloc (i32.const 4)))
      (i32.store (local.get $p) (local.get 0))
      (i32.sub (i32.const 65536) (global.get $sp)))
    (elem (i32.const 1) $double $bump)
    (func (export "apply") (param $op i32) (param $x i32) (result i32)
      (call_indirect (type $op) (local.get $x) (local.get $op))))
  (core module $Main
    (import "lib" "apply" (func $apply (param i32 i32) (result i32)))
    (import "libc" "mem" (memory 1))
    (import "libc" "sp" (global $sp (mut i32)))
    (func (export "run") (param i32 i32) (result i32) (call $apply (local.get 0) (local.get 1)))
    (func (export "at-sp") (result i32) (i32.load (global.get $sp))))
  (component $App
    (import "libc" (core module $Libc
      (export "mem" (memory 1)) (export "table" (table 4 funcref)) (export "sp" (global (mut i32)))
      (export "malloc" (func (param i32) (result i32)))))
    (import "lib" (core module $Lib
      (import "libc" "mem" (memory 1)) (import "libc" "table" (table 4 funcref)) (import "libc" "sp" (global (mut i32)))
      (import "libc" "malloc" (func (param i32) (result i32)))
      (export "apply" (func (param i32 i32) (result i32)))))
    (alias outer 1 $Main (core module $Main))
    (core instance $libc (instantiate $Libc))
    (core instance $lib (instantiate $Lib (with "libc" (instance $libc))))
    (core instance $main (instantiate $Main (with "libc" (instance $libc)) (with "lib" (instance $lib))))
    (func (export "run") (param "op" u32) (param "x" u32) (result u32) (canon lift (core func $main "run")))
    (func (export "at-sp") (result u32) (canon lift (core func $main "at-sp"))))
  (instance $a (instantiate $App (with "libc" (core module $Libc)) (with "lib" (core module $Lib))))
  (instance $b (instantiate $App (with "libc" (core module $Libc)) (with "lib" (core module $Lib))))
  (export "a" (instance $a))
  (export "b" (instance $b))
  (export "run-a" (func $a "run"))
  (export "run-b" (func $b "run"))
  (export "at-sp-a" (func $a "at-sp"))
  (export "at-sp-b" (func $b "at-sp")))
(assert_return (invoke "run-a" (u32.const 1) (u32.const 21)) (u32.const 42))
(assert_return (invoke "run-a" (u32.const 2) (u32.const 5)) (u32.const 4))
(assert_return (invoke "run-a" (u32.const 2) (u32.const 6)) (u32.const 8))
(assert_return (invoke "run-b" (u32.const 2) (u32.const 7)) (u32.const 4))
(assert_return (invoke "at-sp-a") (u32.const 6))
(assert_return (invoke "at-sp-b") (u32.const 7))

;; Start functions run in the order of instantiation, may call other component
;; instances, and what they did is there.
(component
  (component $Count
    (core module $M
      (global $n (mut i32) (i32.const 0))
      (func (export "push") (param i32)
        (global.set $n (i32.add (i32.mul (global.get $n) (i32.const 10)) (local.get 0))))
      (func (export "get") (result i32) (global.get $n)))
    (core instance $m (instantiate $M))
    (func (export "push") (param "digit" u32) (canon lift (core func $m "push")))
    (func (export "get") (result u32) (canon lift (core func $m "get"))))
  (instance $count (instantiate $Count))
  (core func $push (canon lower (func $count "push")))
  (core module $First
    (import "" "push" (func $push (param i32)))
    (global (export "base") i32 (i32.const 3))
    (func $start (call $push (i32.const 1)))
    (start $start))
  (core instance $first (instantiate $First (with "" (instance (export "push" (func $push))))))
  (component $Inner
    (import "push" (func $push (param "digit" u32)))
    (core func $push (canon lower (func $push)))
    (core module $M
      (import "" "push" (func $push (param i32)))
      (func $start (call $push (i32.const 2)))
      (start $start))
    (core instance (instantiate $M (with "" (instance (export "push" (func $push)))))))
  (instance (instantiate $Inner (with "push" (func $count "push"))))
  ;; A global of another module decides where its data lies.
  (core module $Last
    (import "" "push" (func $push (param i32)))
    (import "first" "base" (global $base i32))
    (memory 1)
    (data (global.get $base) "\05")
    (func $start (call $push (i32.load8_u (i32.const 3))))
    (start $start))
  (core instance (instantiate $Last (with "" (instance (export "push" (func $push)))) (with "first" (instance $first))))
  (export "get" (func $count "get")))
(assert_return (invoke "get") (u32.const 125))

;; A start function that traps, in a component within.
(assert_trap
  (component
    (component $Inner
      (core module $M (func $start unreachable) (start $start))
      (core instance (instantiate $M)))
    (instance (instantiate $Inner)))
  "unreachable")
;; Data, and elements, that do not fit.
(assert_trap
  (component
    (core module $M (memory 1) (data (i32.const 65533) "four"))
    (core instance (instantiate $M)))
  "out of bounds memory access")
(assert_trap
  (component
    (core module $T (table (export "t") 2 funcref))
    (core instance $t (instantiate $T))
    (core module $M (import "" "t" (table 2 funcref)) (func $f) (elem (i32.const 1) $f $f))
    (core instance (instantiate $M (with "" (instance $t)))))
  "out of bounds table access")

;; What does not fit among core modules.
(assert_invalid
  (component
    (core module $A (memory (export "mem") 1))
    (core module $B (import "" "mem" (memory 2)))
    (core instance $a (instantiate $A))
    (core instance (instantiate $B (with "" (instance $a)))))
  "mismatch in memory limits")
(assert_invalid
  (component
    (core module $A (global (export "g") i32 (i32.const 0)))
    (core module $B (import "" "g" (global (mut i32))))
    (core instance $a (instantiate $A))
    (core instance (instantiate $B (with "" (instance $a)))))
  "expected global")
(assert_invalid
  (component
    (core module $A (func (export "f") (param i32)))
    (core module $B (import "" "f" (func (param i64))))
    (core instance $a (instantiate $A))
    (core instance (instantiate $B (with "" (instance $a)))))
  "expected: (func")
