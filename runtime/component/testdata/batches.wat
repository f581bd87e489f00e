;; A function that can be called in batches. What it does with its data depends on
;; the first letter of its key: s(een) shows everything to the host, f(ail) answers
;; with the data as its error, t(rap), o (loops for ever), l(eave) has the next
;; realloc call an import, p(ost) has the next post-return call one, u(naligned)
;; answers with a pointer to nowhere. It counts its allocations and what was
;; returned from.
(component
  (import "demo:batches/host" (instance $host
    (export "seen" (func (param "key" string) (param "data" (list u8)) (param "allocated" u32) (param "returned" u32) (result string)))))
  (alias export $host "seen" (func $seen))
  (core module $Shim
    (table (export "t") 1 funcref)
    (type $f (func (param i32 i32 i32 i32 i32 i32 i32)))
    (func (export "seen") (type $f)
      (call_indirect (type $f)
        (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (i32.const 0))))
  (core instance $shim (instantiate $Shim))
  (core module $M
    (import "" "seen" (func $seen (param i32 i32 i32 i32 i32 i32 i32)))
    (memory (export "mem") 1)
    (global $top (mut i32) (i32.const 1024))
    (global $allocated (mut i32) (i32.const 0))
    (global $returned (mut i32) (i32.const 0))
    (global $leaves (mut i32) (i32.const 0))
    (func $see (param i32 i32 i32 i32)
      (call $seen (local.get 0) (local.get 1) (local.get 2) (local.get 3) (global.get $allocated) (global.get $returned) (i32.const 32)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.eq (global.get $leaves) (i32.const 1)) (then (call $see (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
      (global.set $allocated (i32.add (global.get $allocated) (i32.const 1)))
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 3)))
      (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
        (then (drop (memory.grow (i32.const 16))))))
    (func (export "post") (param i32)
      (if (i32.eq (global.get $leaves) (i32.const 2)) (then (call $see (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
      (global.set $returned (i32.add (global.get $returned) (i32.const 1))))
    (func (export "take") (param $key i32) (param $klen i32) (param $data i32) (param $dlen i32) (result i32)
      (local $verb i32)
      (i32.store8 (i32.const 16) (i32.const 0))
      (local.set $verb (i32.load8_u (local.get $key)))
      (if (i32.eq (local.get $verb) (i32.const 115)) (then ;; s
        (call $see (local.get $key) (local.get $klen) (local.get $data) (local.get $dlen))))
      (if (i32.eq (local.get $verb) (i32.const 102)) (then ;; f
        (i32.store8 (i32.const 16) (i32.const 1))
        (i32.store (i32.const 20) (local.get $data))
        (i32.store (i32.const 24) (local.get $dlen))))
      (if (i32.eq (local.get $verb) (i32.const 116)) (then (unreachable))) ;; t
      (if (i32.eq (local.get $verb) (i32.const 111)) (then (loop (br 0)))) ;; o
      (if (i32.eq (local.get $verb) (i32.const 108)) (then (global.set $leaves (i32.const 1)))) ;; l
      (if (i32.eq (local.get $verb) (i32.const 112)) (then (global.set $leaves (i32.const 2)))) ;; p
      (if (i32.eq (local.get $verb) (i32.const 117)) (then (return (i32.const 17)))) ;; u
      (i32.const 16))
    (func (export "numbers") (param i32 i32 i32)))
  (core instance $m (instantiate $M (with "" (instance $shim))))
  (core func $lowered (canon lower (func $seen) (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
  (core module $Fix
    (import "" "t" (table 1 funcref))
    (import "" "f" (func $f (param i32 i32 i32 i32 i32 i32 i32)))
    (elem (i32.const 0) func $f))
  (core instance (instantiate $Fix (with "" (instance (export "t" (table $shim "t")) (export "f" (func $lowered))))))
  (func (export "take") (param "key" string) (param "data" (list u8)) (result (result (error string)))
    (canon lift (core func $m "take") (memory (core memory $m "mem")) (realloc (core func $m "realloc")) (post-return (core func $m "post"))))
  (func (export "numbers") (param "key" string) (param "n" u32)
    (canon lift (core func $m "numbers") (memory (core memory $m "mem")) (realloc (core func $m "realloc")))))
