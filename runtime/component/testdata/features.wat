;; One function for each feature of core WebAssembly that the engine runs. Each
;; takes n, works n rounds with it, and gives a number that shows what it did.
(component
  (core module $m
    (type $step (func (param i32 i32) (result i32)))
    (memory 1)
    (data $hello "hello")
    (table $t 4 funcref)
    (table $x 4 externref)
    (table $typed 2 (ref null $step))
    (tag $up (param i32))
    (elem $steps func $add $mul)
    (elem declare func $add $mul)
    (global $ten i32 (i32.add (i32.const 4) (i32.mul (i32.const 2) (i32.const 3))))
    (func $add (type $step) (i32.add (local.get 0) (local.get 1)))
    (func $mul (type $step) (i32.mul (local.get 0) (local.get 1)))

    ;; Sums 0 to n-1 in four lanes.
    (func (export "simd") (param $n i32) (result i32) (local $v v128)
      (loop $l
        (if (local.get $n) (then
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $n))))
          (br $l))))
      (v128.store (i32.const 16) (local.get $v))
      (i32.add
        (i32x4.extract_lane 1 (v128.load (i32.const 16)))
        (i8x16.extract_lane_u 0 (i8x16.shuffle 1 17 2 18 3 19 4 20 5 21 6 22 7 23 8 24
          (v128.const i8x16 0 7 0 0 0 0 0 0 0 0 0 0 0 0 0 0) (local.get $v)))))

    ;; Counts n in calls that take the place of their callers, far deeper than
    ;; calls may nest; every other one through a table.
    (func $even (param $n i32) (param $sum i32) (result i32)
      (if (i32.eqz (local.get $n)) (then (return (local.get $sum))))
      (return_call_indirect $t (type $step)
        (i32.sub (local.get $n) (i32.const 1)) (i32.add (local.get $sum) (i32.const 2)) (i32.const 3)))
    (func $odd (param $n i32) (param $sum i32) (result i32)
      (if (i32.eqz (local.get $n)) (then (return (local.get $sum))))
      (return_call $even (i32.sub (local.get $n) (i32.const 1)) (i32.add (local.get $sum) (i32.const 1))))
    (elem (table $t) (i32.const 3) func $odd)
    (func (export "tail-calls") (param $n i32) (result i32)
      (return_call $even (local.get $n) (i32.const 0)))

    ;; Throws and catches n times, from two calls below.
    (func $thrower (param i32) (throw $up (local.get 0)))
    (func $between (param i32) (call $thrower (local.get 0)))
    (func (export "exceptions") (param $n i32) (result i32) (local $sum i32)
      (loop $l
        (if (local.get $n) (then
          (block $h (result i32)
            (try_table (catch $up $h) (call $between (local.get $n)))
            unreachable)
          (local.set $sum (i32.add (local.get $sum)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $l))))
      (local.get $sum))

    ;; Puts functions into tables, and calls them from there.
    (func (export "reference-types") (param $n i32) (result i32) (local $sum i32)
      (table.init $t $steps (i32.const 0) (i32.const 0) (i32.const 2))
      (table.fill $x (i32.const 0) (ref.null extern) (i32.const 4))
      (loop $l
        (if (local.get $n) (then
          (table.set $t (i32.const 2) (table.get $t (i32.and (local.get $n) (i32.const 1))))
          (local.set $sum (call_indirect $t (type $step) (local.get $sum) (i32.const 3) (i32.const 2)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $l))))
      (i32.add (local.get $sum)
        (i32.add (ref.is_null (table.get $x (i32.const 1))) (table.grow $t (ref.func $add) (i32.const 3)))))

    ;; The same by references that have their type.
    (func (export "typed-references") (param $n i32) (result i32) (local $sum i32) (local $f (ref null $step))
      (table.set $typed (i32.const 0) (ref.func $mul))
      (table.set $typed (i32.const 1) (ref.func $add))
      (loop $l
        (if (local.get $n) (then
          (local.set $f (table.get $typed (i32.and (local.get $n) (i32.const 1))))
          (local.set $sum (call_ref $step (local.get $sum) (i32.const 3) (ref.as_non_null (local.get $f))))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $l))))
      (local.get $sum))

    ;; Adds up in memory, by one thread.
    (func (export "threads") (param $n i32) (result i32)
      (i32.atomic.store (i32.const 32) (i32.const 0))
      (loop $l
        (if (local.get $n) (then
          (drop (i32.atomic.rmw.add (i32.const 32) (local.get $n)))
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $l))))
      (atomic.fence)
      (drop (i32.atomic.rmw.cmpxchg (i32.const 32) (i32.const 1) (i32.const 100)))
      (i32.add (i32.atomic.load (i32.const 32)) (memory.atomic.notify (i32.const 32) (i32.const 1))))

    (func (export "bulk-memory") (param $n i32) (result i32)
      (memory.init $hello (i32.const 64) (i32.const 0) (i32.const 5))
      (memory.fill (i32.const 100) (i32.const 7) (local.get $n))
      (memory.copy (i32.const 101) (i32.const 64) (i32.const 2))
      (data.drop $hello)
      (i32.load (i32.const 100)))

    (func $pair (param i32) (result i32 i32) (local.get 0) (i32.add (local.get 0) (i32.const 1)))
    (func (export "multi-value") (param $n i32) (result i32)
      (local.get $n)
      (loop $l (param i32) (result i32)
        (call $pair)
        (local.set $n)
        (if (param i32) (result i32) (i32.lt_u (local.get $n) (i32.const 1000))
          (then (drop) (local.get $n) (br $l)))))

    ;; Sign extension, conversions that saturate, and a global whose beginning is
    ;; an expression.
    (func (export "numbers") (param $n i32) (result i32) (local $v i32)
      (loop $l
        (local.set $v (i32.add (i32.extend8_s (i32.sub (local.get $n) (i32.const 2)))
          (i32.add (i32.trunc_sat_f32_s (f32.const 1e20)) (global.get $ten))))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (local.get $v)))
  (core instance $i (instantiate $m))
  (func (export "simd") (param "n" u32) (result u32) (canon lift (core func $i "simd")))
  (func (export "tail-calls") (param "n" u32) (result u32) (canon lift (core func $i "tail-calls")))
  (func (export "exceptions") (param "n" u32) (result u32) (canon lift (core func $i "exceptions")))
  (func (export "reference-types") (param "n" u32) (result u32) (canon lift (core func $i "reference-types")))
  (func (export "typed-references") (param "n" u32) (result u32) (canon lift (core func $i "typed-references")))
  (func (export "threads") (param "n" u32) (result u32) (canon lift (core func $i "threads")))
  (func (export "bulk-memory") (param "n" u32) (result u32) (canon lift (core func $i "bulk-memory")))
  (func (export "multi-value") (param "n" u32) (result u32) (canon lift (core func $i "multi-value")))
  (func (export "numbers") (param "n" u32) (result u32) (canon lift (core func $i "numbers"))))
