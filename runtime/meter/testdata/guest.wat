;; What the meter's tests run. Built by: wasm-tools parse guest.wat -o guest.wasm
(module
  (type $none (func))
  (type $i32-i32 (func (param i32) (result i32)))
  (import "env" "note" (func $note (param i32)))
  (memory (export "memory") 1 4096)
  (table $t (export "table") 10 100000 funcref)
  (elem (table $t) (i32.const 0) func $fib $twice)
  (elem $passive func $fib $twice $add)
  (data $hello "hello, world")
  (tag $oops (param i32))
  (global $count (mut i32) (i32.const 0))
  (start $start)

  (func $start (global.set $count (i32.const 7)))
  (func (export "count") (result i32) (global.get $count))

  ;; Straight lines and choices.
  (func $add (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)))
  (func $twice (export "twice") (type $i32-i32)
    (i32.shl (local.get 0) (i32.const 1)))
  (func (export "choice") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (i32.add (i32.const 2) (i32.const 3))))
      (else (i32.const 1))))
  (func (export "skip") (param i32)
    (if (local.get 0) (then nop (drop (i32.const 1)) (drop (i32.const 2)))))
  (func (export "switch") (param i32) (result i32)
    (block $c (block $b (block $a
      (br_table $a $b $c (local.get 0)))
      (return (i32.const 10)))
      (return (i32.add (i32.const 20) (i32.const 1))))
    (i32.const 30))
  (func (export "early") (param i32) (result i32)
    (block $out
      (br_if $out (local.get 0))
      (call $note (i32.const 1))
      (unreachable))
    (i32.const 5))

  ;; Loops.
  (func (export "sum") (param $n i32) (result i32) (local $s i32)
    (loop $l
      (local.set $s (i32.add (local.get $s) (local.get $n)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $s))
  (func (export "nested") (param $n i32) (result i32) (local $i i32) (local $s i32)
    (block $done
      (loop $outer
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $i (local.get $n))
        (loop $inner
          (local.set $s (i32.add (local.get $s) (i32.const 1)))
          (br_if $inner (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $outer)))
    (local.get $s))
  (func (export "params") (param $n i32) (result i32)
    (local.get $n) (i32.const 0)
    (loop (param i32 i32) (result i32)
      (local.set $n) (drop)
      (local.get $n)))
  (func $fib (export "fib") (type $i32-i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "indirect") (param i32 i32) (result i32)
    (call_indirect $t (type $i32-i32) (local.get 1) (local.get 0)))

  ;; Never ending.
  (func $spin (export "spin") (loop $l (br $l)))
  (func (export "spin-work") (result i32) (local $x i32)
    (loop $l (local.set $x (i32.add (local.get $x) (i32.const 1))) (br $l))
    (local.get $x))
  (func (export "spin-table") (loop $l (br_table $l $l (i32.const 0))))
  (func $tree (export "tree") (param i32)
    (if (local.get 0) (then
      (call $tree (i32.sub (local.get 0) (i32.const 1)))
      (call $tree (i32.sub (local.get 0) (i32.const 1))))))
  (func $tail (export "spin-tail") (return_call $tail))
  (func $tail-indirect (export "spin-tail-indirect")
    (table.set $t (i32.const 3) (ref.func $tail-indirect))
    (return_call_indirect $t (type $none) (i32.const 3)))
  (func (export "spin-ref")
    (call_ref $none (ref.func $spin)))
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (i32.const 1) (call $deep (local.get 0))))
  (func (export "spin-catch")
    (loop $l
      (block $caught
        (try_table (catch_all $caught) (loop $m (br $m))))
      (br $l)))
  (func (export "spin-throw")
    (loop $l
      (try_table (catch_all $l) (throw $oops (i32.const 1)))))
  (func (export "spin-fill")
    (loop $l
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))
      (br $l)))
  (elem declare func $tail-indirect $spin)

  ;; By length.
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $hello (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "table-fill") (param i32 i32) (table.fill $t (local.get 0) (ref.null func) (local.get 1)))
  (func (export "table-copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table-init") (param i32 i32 i32) (table.init $t $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "table-grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
  (func (export "loop-fill") (param $n i32)
    (loop $l
      (memory.fill (i32.const 0) (i32.const 3) (local.get $n))
      (br_if $l (local.tee $n (i32.shr_u (local.get $n) (i32.const 1))))))

  ;; Dead code.
  (func (export "dead") (result i32)
    (return (i32.const 1))
    (loop $l (br $l))
    (memory.fill) (drop (memory.grow))
    (i32.const 2))

  ;; Exceptions and vectors.
  (func (export "catch") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $oops $h)
        (if (local.get 0) (then (throw $oops (i32.add (local.get 0) (i32.const 100))))))
      (i32.const 1)))
  (func (export "vector") (param i32) (result i32)
    (i32x4.extract_lane 2 (i32x4.mul (i32x4.splat (local.get 0)) (v128.const i32x4 1 2 3 4))))
  (func (export "atomic") (param i32) (result i32)
    (drop (i32.atomic.rmw.add (i32.const 64) (local.get 0)))
    (i32.atomic.load (i32.const 64)))
)
