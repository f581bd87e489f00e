;; A script with a component for each rule that a component can break, and some
;; that break none. The text of an assert_invalid is the class of the error; the
;; whole error stands in rules.txt. How to build: README.md.

;; ---- index spaces and aliases

(assert_invalid (component (type (list 3))) "index")
(assert_invalid (component (import "f" (func (type 0)))) "index")
(assert_invalid (component (export "f" (func 2))) "index")
(assert_invalid (component (alias outer 1 0 (type))) "index")
(assert_invalid (component (type (instance (alias outer 3 0 (type))))) "index")
(assert_invalid (component (core instance (instantiate 0))) "index")
(assert_invalid (component (core rec (type (func (param (ref null 2)))) (type (func)))) "index")
(assert_invalid (component (core type (module (alias outer 1 0 (type))))) "index")
(assert_invalid
  (component (import "i" (instance $i)) (alias export $i "a" (func)))
  "missing")
(assert_invalid
  (component (import "i" (instance $i (export "a" (func)))) (alias export $i "a" (component)))
  "type")
(assert_invalid
  (component
    (core module $m (memory (export "m") 1))
    (core instance $i (instantiate $m))
    (alias core export $i "m" (core func)))
  "type")
(assert_invalid
  (component (type (component (import "i" (instance $i (export "f" (func)))) (alias export $i "f" (func)))))
  "type")
(assert_invalid
  (component $c (type $r (resource (rep i32))) (type $t (list (own $r))) (component (alias outer $c $t (type))))
  "resource")

;; ---- value types

(assert_invalid (component (type $f (func)) (type (option $f))) "type")
(assert_invalid (component (type (record (field "a-b" u8) (field "A-B" u8)))) "unique")
(assert_invalid (component (type (record (field "aB" u8)))) "name")
(assert_invalid (component (type (variant (case "1a" u8)))) "name")
(assert_invalid (component (type (enum "a" "b" "a"))) "unique")
(assert_invalid (component (type (flags ""))) "name")
(assert_invalid
  (component (type (flags
    "a" "b" "c" "d" "e" "f" "g" "h" "i" "j" "k" "l" "m" "n" "o" "p" "q"
    "r" "s" "t" "u" "v" "w" "x" "y" "z" "aa" "ab" "ac" "ad" "ae" "af" "ag")))
  "limit")
(assert_invalid (component (type (map f32 u8))) "type")
(assert_invalid (component (type (stream char))) "type")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (type (future (borrow $r))))
  "type")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (type (func (result (list (borrow $r))))))
  "type")
(assert_invalid (component (type (func (param "x" u8) (param "X" u8)))) "unique")
(assert_invalid (component (type (list (tuple u64 string) 11184811))) "limit")
(assert_invalid (component (type $t u8) (type (own $t))) "type")

;; ---- resource types

(assert_invalid (component (type (instance (type (resource (rep i32)))))) "resource")
(assert_invalid
  (component
    (core module $m (func (export "d") (param i64)))
    (core instance $i (instantiate $m))
    (type (resource (rep i32) (dtor (core func $i "d")))))
  "type")
(assert_invalid
  (component (import "r" (type $r (sub resource))) (core func (canon resource.rep $r)))
  "resource")
(assert_invalid
  (component
    (import "a" (type $a (sub resource)))
    (import "b" (type $b (sub resource)))
    (import "f" (func $f (param "x" (own $b))))
    (component $c
      (import "r" (type $r (sub resource)))
      (import "f" (func (param "x" (own $r)))))
    (instance (instantiate $c (with "r" (type $a)) (with "f" (func $f)))))
  "resource")
(assert_invalid
  (component
    (component $c (type (export "r") (resource (rep i32))))
    (instance $one (instantiate $c))
    (instance $two (instantiate $c))
    (component $d (import "r" (type $r (sub resource))) (import "s" (type (eq $r))))
    (instance (instantiate $d (with "r" (type $one "r")) (with "s" (type $two "r")))))
  "resource")
;; what an ascription hides stays hidden
(component definition
  (component $c
    (type $r (resource (rep i32)))
    (export "r" (type $r) (type (sub resource))))
  (instance $c (instantiate $c))
  (component $d (import "r" (type (sub resource))))
  (instance (instantiate $d (with "r" (type $c "r")))))
(assert_invalid
  (component
    (type $r (resource (rep i32)))
    (export $s "s" (type $r) (type (sub resource)))
    (component $d (import "r" (type $r (sub resource))) (import "s" (type (eq $r))))
    (instance (instantiate $d (with "r" (type $r)) (with "s" (type $s)))))
  "resource")
;; component types are compared under their own resource types
(component definition
  (component $make
    (type $r (resource (rep i32)))
    (export $e "r" (type $r))
    (core func $drop (canon resource.drop $r))
    (func (export "f") (param "x" (own $e)) (canon lift (core func $drop))))
  (component $use
    (import "c" (component
      (export "r" (type $r (sub resource)))
      (export "f" (func (param "x" (own $r)))))))
  (instance (instantiate $use (with "c" (component $make)))))
(assert_invalid
  (component
    (component $make
      (type $r (resource (rep i32)))
      (type $s (resource (rep i32)))
      (export "r" (type $r))
      (export $e "s" (type $s))
      (core func $drop (canon resource.drop $s))
      (func (export "f") (param "x" (own $e)) (canon lift (core func $drop))))
    (component $use
      (import "c" (component
        (export "r" (type $r (sub resource)))
        (export "f" (func (param "x" (own $r)))))))
    (instance (instantiate $use (with "c" (component $make)))))
  "resource")

;; ---- names

(assert_invalid (component (import "a_b" (func))) "name")
(assert_invalid (component (import "" (func))) "name")
(assert_invalid (component (import "a:b" (func))) "name")
(assert_invalid (component (import "a:b/c/d" (func))) "name")
(assert_invalid (component (import "a:b:c/d" (func))) "name")
(assert_invalid (component (import "a:B/c" (func))) "name")
(assert_invalid (component (import "a:b/c@1.2" (func))) "name")
(assert_invalid (component (import "a:b/c@1.02.0" (func))) "name")
(assert_invalid (component (import "a:b/c@1.2.3-01" (func))) "name")
(assert_invalid (component (import "a:b/c@1.2.3-a_b" (func))) "name")
(assert_invalid (component (import "unlocked-dep=<a:b>" (func))) "name")
(component definition
  (import "a:b/c@1" (func))
  (import "a:b/c@0.2" (func))
  (import "a:b/c@0.0.3" (func))
  (import "a:b/c@1.2.3-rc.1+build.01" (func)))
(assert_invalid (component (import "a" (func)) (import "A" (func))) "unique")
(assert_invalid (component (import "a:b/c" (func)) (import "a:b/C" (func))) "unique")
(assert_invalid (component (import "a" (implements "b") (instance))) "name")
(assert_invalid (component (import "a" (implements "b:c/d@x") (instance))) "name")
(assert_invalid (component (import "a" (implements "b:c/d") (func))) "name")
(assert_invalid (component (import "[method]a" (func))) "name")
(assert_invalid (component (import "[static]a.b" (func))) "name")
(assert_invalid
  (component (import "a" (type $a (sub resource))) (import "[constructor]a" (func (result u32))))
  "name")
(assert_invalid
  (component (import "a" (type $a (sub resource))) (import "[method]a.b" (func (param "it" (borrow $a)))))
  "name")
(assert_invalid
  (component (import "a" (type $a (sub resource))) (import "[method]b.c" (func (param "self" (borrow $a)))))
  "name")
(assert_invalid (component (import "[method]a.b" (instance))) "name")
(assert_invalid
  (component (import "a" (type $a (sub resource))) (import "[method]a.a" (func (param "self" (borrow $a)))))
  "unique")
(assert_invalid
  (component (import "i" (instance $i (export "a" (type (sub resource))))) (alias export $i "a" (type $a))
    (import "[method]a.b" (func (param "self" (borrow $a)))))
  "name")

;; ---- external visibility

(assert_invalid (component (type $t (enum "a")) (import "f" (func (param "x" $t)))) "visibility")
(assert_invalid (component (type $t (record (field "a" u8))) (type $o (option $t)) (export "o" (type $o))) "visibility")
(assert_invalid
  (component (type $r (resource (rep i32))) (export $r2 "r" (type $r)) (import "f" (func (result (own $r2)))))
  "visibility")
(assert_invalid
  (component
    (type $i (instance (type $t (flags "a")) (export "f" (func (param "x" $t)))))
    (import "i" (instance (type $i))))
  "visibility")

;; ---- instances and subtypes

(assert_invalid (component (component $c (import "f" (func))) (instance (instantiate $c))) "missing")
(assert_invalid
  (component (import "f" (func $f)) (component $c) (instance (instantiate $c (with "a" (func $f)) (with "a" (func $f)))))
  "unique")
(assert_invalid
  (component
    (import "f" (func $f (param "x" (list u8))))
    (component $c (import "f" (func (param "x" u8))))
    (instance (instantiate $c (with "f" (func $f)))))
  "type")
(assert_invalid
  (component
    (import "f" (func $f (param "x" (tuple u8 (option s8)))))
    (component $c (import "f" (func (param "x" (tuple u8 (option u8))))))
    (instance (instantiate $c (with "f" (func $f)))))
  "type")
(assert_invalid
  (component
    (import "f" (func $f (result (result u8 (error string)))))
    (component $c (import "f" (func (result (result u8)))))
    (instance (instantiate $c (with "f" (func $f)))))
  "type")
(assert_invalid
  (component
    (import "f" (func $f async))
    (component $c (import "f" (func)))
    (instance (instantiate $c (with "f" (func $f)))))
  "type")
(assert_invalid
  (component
    (import "i" (instance $i (export "j" (instance))))
    (component $c (import "i" (instance (export "j" (instance (export "f" (func)))))))
    (instance (instantiate $c (with "i" (instance $i)))))
  "missing")
(assert_invalid
  (component
    (import "c" (component $c (import "f" (func (param "x" u8)))))
    (component $d (import "c" (component (import "f" (func)))))
    (instance (instantiate $d (with "c" (component $c)))))
  "type")
(assert_invalid
  (component
    (import "c" (component $c (import "f" (func))))
    (component $d (import "c" (component)))
    (instance (instantiate $d (with "c" (component $c)))))
  "missing")
;; types given as types are equal, not only subtypes
(assert_invalid
  (component
    (type $more (instance (export "f" (func)) (export "g" (func))))
    (component $c (type $less (instance (export "f" (func)))) (import "t" (type (eq $less))))
    (instance (instantiate $c (with "t" (type $more)))))
  "missing")
(assert_invalid
  (component (import "i" (instance $i)) (export "i" (instance $i) (instance (export "f" (func)))))
  "missing")
(assert_invalid (component (type $t u8) (import "i" (instance (type $t)))) "type")

;; ---- core modules

(assert_invalid (component (core type (module (import "a" "b" (func)) (import "a" "b" (global i32))))) "unique")
(assert_invalid (component (core type (module (export "a" (func)) (export "a" (func))))) "unique")
(assert_invalid (component (core type (module (export "m" (memory 65537))))) "limit")
(assert_invalid (component (core type (module (export "m" (memory 2 1))))) "type")
(assert_invalid (component (core type (module (export "m" (memory 1 shared))))) "type")
(assert_invalid (component (core type (module (type $t (func (result i32))) (export "t" (tag (type $t)))))) "type")
(assert_invalid (component (core type $s (sub final (func))) (core type (sub $s (func)))) "type")
(assert_invalid (component (core type $s (sub (func (param i32)))) (core type (sub $s (func)))) "type")
(component definition
  (core rec (type $a (sub (struct (field (ref null $b))))) (type $b (func (param (ref null $a)))))
  (core type (sub $a (struct (field (ref null $b)) (field (mut i32)))))
  (core type (module (alias outer 1 1 (type $b)) (import "m" "f" (func (type $b))))))
(assert_invalid
  (component
    (core module $m (import "a" "f" (func)))
    (core module $n (func (export "f") (param i32)))
    (core instance $n (instantiate $n))
    (core instance (instantiate $m (with "a" (instance $n)))))
  "type")
(assert_invalid (component (core module $m (import "a" "f" (func))) (core instance (instantiate $m))) "missing")
(assert_invalid
  (component (core module $m (import "a" "f" (func))) (core instance $e) (core instance (instantiate $m (with "a" (instance $e)))))
  "missing")
(assert_invalid
  (component
    (core module $m (import "a" "m" (memory 1 2)))
    (core module $n (memory (export "m") 1 3))
    (core instance $n (instantiate $n))
    (core instance (instantiate $m (with "a" (instance $n)))))
  "type")
(assert_invalid
  (component
    (core module $m (global (export "g") (mut i32) (i32.const 0)))
    (component $c (import "m" (core module (export "g" (global i32)))))
    (instance (instantiate $c (with "m" (core module $m)))))
  "type")
(assert_invalid (component (core module (memory i64 1))) "unsupported")

;; ---- the canonical ABI

(assert_invalid
  (component
    (import "f" (func $f))
    (core func (canon lower (func $f) string-encoding=utf8 string-encoding=utf8)))
  "abi")
(assert_invalid
  (component
    (core module $m (func (export "f") (param i32 i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (func (param "x" u8) (param "y" f32) (result s64) (canon lift (core func $i "f"))))
  "abi")
(assert_invalid
  (component
    (core module $m (func (export "f") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (param "x" string) (canon lift (core func $i "f"))))
  "abi")
(assert_invalid
  (component
    (core module $m (memory (export "m") 1) (func (export "f") (param i32 i32)))
    (core instance $i (instantiate $m))
    (func (param "x" string) (canon lift (core func $i "f") (memory (core memory $i "m")))))
  "abi")
(assert_invalid
  (component
    (core module $m (memory (export "m") 1) (func (export "r")))
    (core instance $i (instantiate $m))
    (import "f" (func $f))
    (core func (canon lower (func $f) (memory (core memory $i "m")) (realloc (core func $i "r")))))
  "abi")
(assert_invalid
  (component (import "f" (func $f)) (core func (canon lower (func $f) async)))
  "abi")
(assert_invalid
  (component
    (core module $m (func (export "f") (result i32) unreachable) (func (export "c") (param i32) (result i32) unreachable))
    (core instance $i (instantiate $m))
    (func async (canon lift (core func $i "f") async (callback (core func $i "c")))))
  "abi")
(assert_invalid
  (component
    (core module $m (func (export "f")))
    (core instance $i (instantiate $m))
    (func (canon lift (core func $i "f") (callback (core func $i "f")))))
  "abi")
(assert_invalid
  (component
    (core module $m (func (export "f") (result i32) unreachable) (func (export "p") (param i64)))
    (core instance $i (instantiate $m))
    (func (result u32) (canon lift (core func $i "f") (post-return (core func $i "p")))))
  "abi")
(assert_invalid (component (core func (canon task.return async))) "abi")
(assert_invalid (component (core func (canon task.return (result string)))) "abi")
(assert_invalid (component (type $s (stream u8)) (core func (canon stream.read $s async))) "abi")
(assert_invalid (component (type $s (future u8)) (core func (canon stream.new $s))) "type")
(assert_invalid (component (core func (canon context.get i32 2))) "abi")
(assert_invalid (component (core func (canon context.get i32 0)) (core func (canon context.set i64 0))) "type")
(assert_invalid (component (core func (canon error-context.new))) "abi")
(assert_invalid
  (component
    (core module $m (table (export "t") 1 externref))
    (core instance $i (instantiate $m))
    (core type $f (func (param i32)))
    (alias core export $i "t" (core table $t))
    (core func (canon thread.new-indirect $f (core table $t))))
  "type")
;; what is passed through memory, and what is not
(component definition
  (core module $m
    (memory (export "m") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "wide") (param i32) (result i32) unreachable)
    (func (export "flat") (param i32 i32 f64 f32 i32 i32 i32 i64 i32) (result i64) unreachable))
  (core instance $i (instantiate $m))
  (alias core export $i "m" (core memory $mem))
  (alias core export $i "realloc" (core func $realloc))
  (func $wide
    (param "a" (list u8 17)) (result (tuple u8 u8))
    (canon lift (core func $i "wide") (memory $mem) (realloc $realloc)))
  (func $flat
    (param "a" (result u8 (error (option f64))))
    (param "b" f32)
    (param "c" (option (result s32 (error f32))))
    (param "d" s64)
    (param "e" bool)
    (result s64)
    (canon lift (core func $i "flat"))))

;; ---- values and start

(assert_invalid (component (import "f" (func $f (param "x" u8))) (start $f)) "type")

;; ---- what may not grow

(assert_invalid
  (component
    (type $a (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8 u8))
    (type $b (tuple $a $a $a $a $a $a $a $a $a $a))
    (type $c (tuple $b $b $b $b $b $b $b $b $b $b))
    (type $d (tuple $c $c $c $c $c $c $c $c $c $c))
    (type $e (tuple $d $d $d $d $d $d $d $d $d $d))
    (type $f (tuple $e $e $e $e $e $e $e $e $e $e)))
  "limit")
