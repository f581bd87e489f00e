;; Does what no component may, as the first letter of its message says: for
;; testing hosts. A component of airssys:core/airssys-component in hand-written
;; text.
;;
;;   p  calls log with a pointer outside of its memory
;;   u  calls log with what is not UTF-8
;;   r  returns a pointer outside of its memory
;;   d  recurses without end
;;   s  never comes back from shutdown
;;   h  traps in health
;;   l  loops without end in health
;;
;; Every other message is logged as it is.
(module
  (import "airssys:core/host-services@1.0.0" "log"
    (func $log (param $level i32) (param $text i32) (param $len i32) (param $some i32) (param $facts i32) (param $count i32)))

  (memory (export "memory") 2 64)
  (global $free (mut i32) (i32.const 65536)) ;; what the host hands over begins here

  ;; 0: what results are returned in, 64 bytes and more, zero until it is used
  (data (i32.const 256) "wild1.0.0What no one may.witgen")
  (data (i32.const 320) "the wild make no requests!")

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

  (global $at_shutdown (mut i32) (i32.const 0))
  (global $at_health (mut i32) (i32.const 0))

  (func $spin (loop $on (br $on)))
  (func $dive (param i32) (result i32)
    (i32.add (i32.const 1) (call $dive (i32.add (local.get 0) (i32.const 1)))))

  (func $handle_message (export "airssys:core/component-lifecycle@1.0.0#handle-message")
    (param $ns i32) (param $ns_len i32) (param $name i32) (param $name_len i32) (param $version i32) (param $version_len i32)
    (param $text i32) (param $len i32) (result i32)
    (local $what i32)
    (if (local.get $len) (then (local.set $what (i32.load8_u (local.get $text)))))
    (if (i32.eq (local.get $what) (i32.const 112)) ;; p
      (then (call $log (i32.const 2) (i32.const 0x7ffffff0) (i32.const 64) (i32.const 0) (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $what) (i32.const 117)) ;; u
      (then
        (i32.store8 (i32.const 512) (i32.const 0xff))
        (call $log (i32.const 2) (i32.const 512) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0))))
    (if (i32.eq (local.get $what) (i32.const 114)) (then (return (i32.const 0x7ffffff0)))) ;; r
    (if (i32.eq (local.get $what) (i32.const 100)) (then (drop (call $dive (i32.const 0))))) ;; d
    (if (i32.eq (local.get $what) (i32.const 115)) (then (global.set $at_shutdown (i32.const 1)))) ;; s
    (if (i32.or (i32.eq (local.get $what) (i32.const 104)) (i32.eq (local.get $what) (i32.const 108))) ;; h, l
      (then (global.set $at_health (local.get $what))))
    (call $log (i32.const 2) (local.get $text) (local.get $len) (i32.const 0) (i32.const 0) (i32.const 0))
    (call $ok))

  ;; Answers any request with nothing.
  (func (export "airssys:core/component-lifecycle@1.0.0#execute")
    (param i32 i32 i32 i32 i64 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    (call $ok))

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
    (i32.store (i32.const 0) (i32.const 256)) (i32.store (i32.const 4) (i32.const 4))   ;; name
    (i32.store (i32.const 8) (i32.const 260)) (i32.store (i32.const 12) (i32.const 5))  ;; version
    (i32.store (i32.const 16) (i32.const 265)) (i32.store (i32.const 20) (i32.const 15)) ;; description
    (i32.store (i32.const 24) (i32.const 280)) (i32.store (i32.const 28) (i32.const 6)) ;; author
    (i32.const 0))

  (func (export "airssys:core/component-lifecycle@1.0.0#health") (result i32)
    (if (i32.eq (global.get $at_health) (i32.const 104)) (then unreachable))
    (if (i32.eq (global.get $at_health) (i32.const 108)) (then (call $spin)))
    (i32.const 0))

  (func (export "airssys:core/component-lifecycle@1.0.0#shutdown") (result i32)
    (if (global.get $at_shutdown) (then (call $spin)))
    (call $ok)))
