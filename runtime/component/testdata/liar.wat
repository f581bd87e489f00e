;; A guest that gives the host whatever core values it is told to, under types
;; that they may not fit, and whose realloc does what it is told to.
(component
  (import "test:liar/host" (instance $host
    (export "say" (func (param "s" string)))
    (export "many" (func (param "a" (list u64)) (param "b" (list u64)) (param "c" (list u64)) (param "d" (list u64))
      (param "e" (list u64)) (param "f" (list u64)) (param "g" (list u64)) (param "h" (list u64)) (param "i" u32)))
    (export "get" (func (result string)))
    (export "nop" (func))))

  (core module $m
    (import "host" "nop" (func $nop))
    (memory (export "mem") 1)
    (global $answer (mut i32) (i32.const 1024))
    (global $mood (mut i32) (i32.const 0))
    (global $reallocs (mut i32) (i32.const 0))

    ;; realloc answers $answer; in mood 1 it traps, in mood 2 it calls an import,
    ;; in mood 3 it never ends, in mood 4 it takes another page first.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $reallocs (i32.add (global.get $reallocs) (i32.const 1)))
      (if (i32.eq (global.get $mood) (i32.const 1)) (then unreachable))
      (if (i32.eq (global.get $mood) (i32.const 2)) (then (call $nop)))
      (if (i32.eq (global.get $mood) (i32.const 3)) (then (loop (br 0))))
      (if (i32.eq (global.get $mood) (i32.const 4)) (then
        (return (i32.shl (memory.grow (i32.const 1)) (i32.const 16)))))
      (global.get $answer))
    (func (export "post") (param i32)
      (if (i32.eq (global.get $mood) (i32.const 1)) (then unreachable))
      (if (i32.eq (global.get $mood) (i32.const 2)) (then (call $nop)))
      (if (i32.eq (global.get $mood) (i32.const 3)) (then (loop (br 0)))))
    (func (export "set") (param i32 i32)
      (global.set $answer (local.get 0))
      (global.set $mood (local.get 1)))
    (func (export "poke") (param i32 i64) (i64.store (local.get 0) (local.get 1)))
    (func (export "same") (param i32) (result i32) (local.get 0))
    ;; puts two values where the result is read from
    (func (export "two") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      (i32.const 16))
    (func (export "take") (param i32 i32) (result i32) (local.get 1)))

  (core module $calls
    (import "m" "mem" (memory 1))
    (import "host" "say" (func $say (param i32 i32)))
    (import "host" "many" (func $many (param i32)))
    (import "host" "get" (func $get (param i32)))
    (func (export "say") (param i32 i32) (call $say (local.get 0) (local.get 1)))
    (func (export "many") (param i32) (call $many (local.get 0)))
    (func (export "get") (param i32) (call $get (local.get 0))))

  (core func $nop (canon lower (func $host "nop")))
  (core instance $i (instantiate $m (with "host" (instance (export "nop" (func $nop))))))
  (alias core export $i "mem" (core memory $mem))
  (alias core export $i "realloc" (core func $realloc))
  (alias core export $i "two" (core func $two))
  (alias core export $i "same" (core func $same))
  (core func $say (canon lower (func $host "say") (memory $mem)))
  (core func $many (canon lower (func $host "many") (memory $mem)))
  (core func $get (canon lower (func $host "get") (memory $mem) (realloc $realloc)))
  (core instance $c (instantiate $calls
    (with "m" (instance $i))
    (with "host" (instance (export "say" (func $say)) (export "many" (func $many)) (export "get" (func $get))))))

  (func (export "set") (param "answer" u32) (param "mood" u32) (canon lift (core func $i "set")))
  (func (export "poke") (param "at" u32) (param "v" u64) (canon lift (core func $i "poke")))

  (func (export "bool") (param "v" u32) (result bool) (canon lift (core func $same)))
  (func (export "u8") (param "v" u32) (result u8) (canon lift (core func $same)))
  (func (export "s16") (param "v" u32) (result s16) (canon lift (core func $same)))
  (func (export "char") (param "v" u32) (result char) (canon lift (core func $same)))
  (type $color' (enum "red" "green" "blue"))
  (export $color "color-type" (type $color'))
  (func (export "color") (param "v" u32) (result $color) (canon lift (core func $same)))
  (type $perms' (flags "read" "write"))
  (export $perms "perms-type" (type $perms'))
  (func (export "perms") (param "v" u32) (result $perms) (canon lift (core func $same)))

  (func (export "option") (param "case" u32) (param "v" u32) (result (option u32)) (canon lift (core func $two) (memory $mem)))
  (func (export "tuple") (param "at" u32) (result (tuple u32 u64)) (canon lift (core func $same) (memory $mem)))
  (func (export "string") (param "ptr" u32) (param "len" u32) (result string) (canon lift (core func $two) (memory $mem)))
  (func (export "utf16") (param "ptr" u32) (param "len" u32) (result string) (canon lift (core func $two) (memory $mem) string-encoding=utf16))
  (func (export "latin1") (param "ptr" u32) (param "len" u32) (result string) (canon lift (core func $two) (memory $mem) string-encoding=latin1+utf16))
  (func (export "bytes") (param "ptr" u32) (param "len" u32) (result (list u8)) (canon lift (core func $two) (memory $mem)))
  (func (export "bools") (param "ptr" u32) (param "len" u32) (result (list bool)) (canon lift (core func $two) (memory $mem)))
  (func (export "chars") (param "ptr" u32) (param "len" u32) (result (list char)) (canon lift (core func $two) (memory $mem)))
  (func (export "longs") (param "ptr" u32) (param "len" u32) (result (list u64)) (canon lift (core func $two) (memory $mem)))
  (func (export "strings") (param "ptr" u32) (param "len" u32) (result (list string)) (canon lift (core func $two) (memory $mem)))
  (func (export "posted") (param "ptr" u32) (param "len" u32) (result string)
    (canon lift (core func $two) (memory $mem) (post-return (core func $i "post"))))

  (func (export "take") (param "s" string) (result u32) (canon lift (core func $i "take") (memory $mem) (realloc $realloc)))
  (func (export "take-utf16") (param "s" string) (result u32)
    (canon lift (core func $i "take") (memory $mem) (realloc $realloc) string-encoding=utf16))
  (func (export "take-longs") (param "v" (list u64)) (result u32) (canon lift (core func $i "take") (memory $mem) (realloc $realloc)))

  (func (export "say") (param "ptr" u32) (param "len" u32) (canon lift (core func $c "say")))
  (func (export "many") (param "at" u32) (canon lift (core func $c "many")))
  (func (export "get") (param "at" u32) (canon lift (core func $c "get"))))
