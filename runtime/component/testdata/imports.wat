;; Imports of several kinds: a versioned interface, one without a version, a
;; function of the world itself, and a resource.
(component
  (import "demo:shop/files@0.1.2" (instance $files
    (export "open" (func (param "path" string)))
    (export "size" (func (param "path" string) (result u64)))))
  (import "demo:shop/bare" (instance $bare (export "go" (func))))
  (import "tick" (func $tick (param "v" u32)))
  (import "demo:shop/store@1.0.0" (instance $store
    (export "bucket" (type $bucket (sub resource)))
    (export "empty" (func (param "b" (borrow $bucket)))))))
