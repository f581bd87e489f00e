;; A function that can be called in batches. What it does with its data depends on
;; the first letter of its key: s(een) shows everything to the host, f(ail) answers
;; with the data as its error, t(rap), o (loops for ever), l(eave) has the next
;; realloc call an import, p(ost) has the next post-return call one, u(naligned)
;; answers with a pointer to nowhere. It counts its allocations and what was
;; returned from.
;;
;; Note is one whose argument goes through memory, and spread one with numbers and
;; options that does not; both show the host all that they are given. Note answers
;; with its data where its key begins with d, with all of its memory (e), with what
;; is behind its end (w), and with neither none nor some (i). After
;; r the next realloc for what is to be aligned gives what is not, after b one
;; behind the end of memory.
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
      (if (i32.and (i32.eq (global.get $leaves) (i32.const 3)) (i32.gt_u (local.get 2) (i32.const 1))) (then (return (i32.const 2049))))
      (if (i32.and (i32.eq (global.get $leaves) (i32.const 4)) (i32.gt_u (local.get 2) (i32.const 1))) (then
        (return (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 80)))))
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
    (func (export "note") (param $m i32) (result i32)
      (local $verb i32)
      (call $see (i32.load (local.get $m)) (i32.load offset=4 (local.get $m)) (i32.load offset=24 (local.get $m)) (i32.load offset=28 (local.get $m)))
      ;; the numbers, and what there is of the options
      (memory.fill (i32.const 128) (i32.const 0) (i32.const 40))
      (i32.store8 (i32.const 128) (i32.load8_u offset=8 (local.get $m)))
      (i64.store (i32.const 136) (i64.load offset=16 (local.get $m)))
      (i32.store8 (i32.const 129) (i32.load8_u offset=32 (local.get $m)))
      (i32.store8 (i32.const 130) (i32.load8_u offset=48 (local.get $m)))
      (i32.store8 (i32.const 131) (i32.load8_u offset=80 (local.get $m)))
      (if (i32.load8_u offset=32 (local.get $m)) (then
        (call $see (i32.load offset=36 (local.get $m)) (i32.load offset=40 (local.get $m)) (i32.const 0) (i32.const 0))))
      (if (i32.load8_u offset=48 (local.get $m)) (then
        (call $see (i32.load offset=56 (local.get $m)) (i32.load offset=60 (local.get $m)) (i32.const 0) (i32.const 0))
        (i32.store16 (i32.const 132) (i32.load16_u offset=64 (local.get $m)))
        (i32.store (i32.const 144) (i32.load offset=68 (local.get $m)))
        (i64.store (i32.const 152) (i64.load offset=72 (local.get $m)))))
      (if (i32.load8_u offset=80 (local.get $m)) (then
        (i32.store8 (i32.const 160) (i32.load8_u offset=81 (local.get $m)))))
      (call $see (i32.const 0) (i32.const 0) (i32.const 128) (i32.const 40))
      ;; the answer
      (i64.store (i32.const 64) (i64.const 0))
      (i64.store (i32.const 72) (i64.const 0))
      (local.set $verb (i32.load8_u (i32.load (local.get $m))))
      (if (i32.eq (local.get $verb) (i32.const 100)) (then ;; d
        (i32.store8 (i32.const 68) (i32.const 1))
        (i32.store (i32.const 72) (i32.load offset=24 (local.get $m)))
        (i32.store (i32.const 76) (i32.load offset=28 (local.get $m)))))
      (if (i32.eq (local.get $verb) (i32.const 102)) (then ;; f
        (i32.store8 (i32.const 64) (i32.const 1))
        (i32.store (i32.const 68) (i32.load (local.get $m)))
        (i32.store (i32.const 72) (i32.load offset=4 (local.get $m)))))
      (if (i32.eq (local.get $verb) (i32.const 119)) (then ;; w
        (i32.store8 (i32.const 68) (i32.const 1))
        (i32.store (i32.const 72) (i32.const -8))
        (i32.store (i32.const 76) (i32.const 16))))
      (if (i32.eq (local.get $verb) (i32.const 101)) (then ;; e
        (i32.store8 (i32.const 68) (i32.const 1))
        (i32.store (i32.const 76) (i32.mul (memory.size) (i32.const 65536)))))
      (if (i32.eq (local.get $verb) (i32.const 105)) (then (i32.store8 (i32.const 68) (i32.const 2)))) ;; i
      (if (i32.eq (local.get $verb) (i32.const 114)) (then (global.set $leaves (i32.const 3)))) ;; r
      (if (i32.eq (local.get $verb) (i32.const 98)) (then (global.set $leaves (i32.const 4)))) ;; b
      (if (i32.eq (local.get $verb) (i32.const 116)) (then (unreachable))) ;; t
      (if (i32.eq (local.get $verb) (i32.const 117)) (then (return (i32.const 17)))) ;; u
      (i32.const 64))
    (func (export "spread")
      (param $key i32) (param $klen i32) (param $small i32) (param $big i64) (param $has i32) (param $more i32) (param $mlen i32) (param $is i32) (param $n i64)
      (call $see (local.get $key) (local.get $klen) (local.get $more) (local.get $mlen))
      (i32.store (i32.const 128) (local.get $small))
      (i64.store (i32.const 136) (local.get $big))
      (i32.store (i32.const 144) (local.get $has))
      (i32.store (i32.const 148) (local.get $is))
      (i64.store (i32.const 152) (local.get $n))
      (call $see (i32.const 0) (i32.const 0) (i32.const 128) (i32.const 32)))
    (func (export "numbers") (param i32 i32 f32)))
  (core instance $m (instantiate $M (with "" (instance $shim))))
  (core func $lowered (canon lower (func $seen) (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
  (core module $Fix
    (import "" "t" (table 1 funcref))
    (import "" "f" (func $f (param i32 i32 i32 i32 i32 i32 i32)))
    (elem (i32.const 0) func $f))
  (core instance (instantiate $Fix (with "" (instance (export "t" (table $shim "t")) (export "f" (func $lowered))))))
  (func (export "take") (param "key" string) (param "data" (list u8)) (result (result (error string)))
    (canon lift (core func $m "take") (memory (core memory $m "mem")) (realloc (core func $m "realloc")) (post-return (core func $m "post"))))
  (type $entry' (record (field "key" string) (field "small" u8) (field "big" u64) (field "data" (list u8)) (field "more" (option string))
    (field "from" (option (tuple string u16 u32 u64))) (field "last" (option u8))))
  (export $entry "entry" (type $entry'))
  (func (export "note") (param "entry" $entry) (result (result (option (list u8)) (error string)))
    (canon lift (core func $m "note") (memory (core memory $m "mem")) (realloc (core func $m "realloc")) (post-return (core func $m "post"))))
  (func (export "spread") (param "key" string) (param "small" u16) (param "big" u64) (param "more" (option string)) (param "n" (option u64))
    (canon lift (core func $m "spread") (memory (core memory $m "mem")) (realloc (core func $m "realloc"))))
  (func (export "numbers") (param "key" string) (param "n" f32)
    (canon lift (core func $m "numbers") (memory (core memory $m "mem")) (realloc (core func $m "realloc")))))
