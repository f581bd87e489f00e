;; Tells customers: logs "to the customer: " and the message, and counts. A
;; component of airssys:core/airssys-component in hand-written text: its memory
;; is the static text below, a line under construction, and what the host hands
;; over, which is forgotten when a call ends.
(module
  (import "airssys:core/host-services@1.0.0" "log"
    (func $log (param $level i32) (param $text i32) (param $len i32) (param $some i32) (param $facts i32) (param $count i32)))

  (memory (export "memory") 2 64)
  (global $told (mut i64) (i64.const 0))
  (global $free (mut i32) (i32.const 65536)) ;; what the host hands over begins here

  ;; 0: what results are returned in, 64 bytes and more, zero until it is used
  (data (i32.const 256) "notifier1.0.0Tells customers.witgen")
  (data (i32.const 512) "to the customer: ") ;; 17 bytes, and the message behind them
  (data (i32.const 320) "notifier makes no requests")

  (func $cabi_realloc (export "cabi_realloc")
    (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
    (local $p i32) (local $end i32)
    (local.set $p (i32.and
      (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (local.set $end (i32.add (local.get $p) (local.get $len)))
    (if (i32.lt_u (local.get $end) (local.get $p)) (then unreachable))
    (block $enough
      (br_if $enough (i32.le_u (local.get $end) (i32.shl (memory.size) (i32.const 16))))
      (br_if $enough (i32.ge_s
        (memory.grow (i32.add (i32.const 1) (i32.shr_u (i32.sub (local.get $end) (i32.shl (memory.size) (i32.const 16))) (i32.const 16))))
        (i32.const 0)))
      unreachable)
    (memory.copy (local.get $p) (local.get $old) (local.get $old_len))
    (global.set $free (local.get $end))
    (local.get $p))

  ;; ok forgets what was handed over, and gives a result without a value.
  (func $ok (result i32)
    (global.set $free (i32.const 65536))
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 64))
    (i32.const 0))

  (func (export "airssys:core/component-lifecycle@1.0.0#init")
    (param i32 i32 i32 i32 i32 i64 i64 i64) (result i32)
    (call $ok))

  (func $handle_message (export "airssys:core/component-lifecycle@1.0.0#handle-message")
    (param $ns i32) (param $ns_len i32) (param $name i32) (param $name_len i32) (param $version i32) (param $version_len i32)
    (param $text i32) (param $len i32) (result i32)
    (if (i32.gt_u (local.get $len) (i32.const 4096)) (then (local.set $len (i32.const 4096))))
    (memory.copy (i32.const 529) (local.get $text) (local.get $len))
    (call $log (i32.const 2) (i32.const 512) (i32.add (local.get $len) (i32.const 17)) (i32.const 0) (i32.const 0) (i32.const 0))
    (global.set $told (i64.add (global.get $told) (i64.const 1)))
    (call $ok))

  ;; Answers any request with how many were told, in digits.
  (func (export "airssys:core/component-lifecycle@1.0.0#execute")
    (param i32 i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (local $n i64) (local $at i32)
    (local.set $n (global.get $told))
    (local.set $at (i32.const 480))
    (loop $digit
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10)))))
      (local.set $n (i64.div_u (local.get $n) (i64.const 10)))
      (br_if $digit (i64.ne (local.get $n) (i64.const 0))))
    (drop (call $ok))
    (i32.store (i32.const 4) (local.get $at))
    (i32.store (i32.const 8) (i32.sub (i32.const 480) (local.get $at)))
    (i32.const 0))

  ;; internal-error is the fourth case of component-error.
  (func (export "airssys:core/component-lifecycle@1.0.0#handle-callback") (param i32 i32 i32 i32 i32) (result i32)
    (drop (call $ok))
    (i32.store8 (i32.const 0) (i32.const 1))
    (i32.store8 (i32.const 4) (i32.const 3))
    (i32.store (i32.const 8) (i32.const 320))
    (i32.store (i32.const 12) (i32.const 26))
    (i32.const 0))

  (func (export "airssys:core/component-lifecycle@1.0.0#metadata") (result i32)
    (drop (call $ok))
    (i32.store (i32.const 0) (i32.const 256)) (i32.store (i32.const 4) (i32.const 8))   ;; name
    (i32.store (i32.const 8) (i32.const 264)) (i32.store (i32.const 12) (i32.const 5))  ;; version
    (i32.store (i32.const 16) (i32.const 269)) (i32.store (i32.const 20) (i32.const 16)) ;; description
    (i32.store (i32.const 24) (i32.const 285)) (i32.store (i32.const 28) (i32.const 6)) ;; author
    (i32.const 0))

  (func (export "airssys:core/component-lifecycle@1.0.0#health") (result i32) (i32.const 0))

  (func (export "airssys:core/component-lifecycle@1.0.0#shutdown") (result i32) (call $ok)))
