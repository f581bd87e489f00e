;; An import whose result holds a value of every kind that values are put together
;; with; an export with parameters. The guest looks at none of it.
(component
  (import "demo:mistakes/host" (instance $host
    (type $item' (record (field "name" string) (field "qty" u32) (field "tag" (option char))))
    (export "item" (type $item (eq $item')))
    (type $problem' (variant (case "none") (case "why" string)))
    (export "problem" (type $problem (eq $problem')))
    (type $perms' (flags "read" "write"))
    (export "perms" (type $perms (eq $perms')))
    (type $all (tuple (list $item) (map string u8) (list u16 2) $perms))
    (export "get" (func (result (result $all (error $problem)))))))
  (core module $Memory
    (memory (export "mem") 1)
    (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.get $top)
      (global.set $top (i32.add (global.get $top) (local.get 3)))))
  (core instance $mem (instantiate $Memory))
  (alias core export $mem "mem" (core memory $memory))
  (core func $get (canon lower (func $host "get") (memory $memory) (realloc (core func $mem "realloc"))))
  (core module $M
    (import "" "get" (func $get (param i32)))
    (func (export "run") (call $get (i32.const 16)))
    (func (export "put") (param i32 i32 i32 i32 i32 i32)))
  (core instance $m (instantiate $M (with "" (instance (export "get" (func $get))))))
  (alias export $host "item" (type $item))
  (func (export "run") (canon lift (core func $m "run")))
  (func (export "put") (param "it" $item) (param "n" u32)
    (canon lift (core func $m "put") (memory $memory) (realloc (core func $mem "realloc")))))
