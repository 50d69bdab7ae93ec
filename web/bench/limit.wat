;; The least that a question about every record can cost in WebAssembly without an index: one pass over all holders, which
;; looks each one's bit up, and writes nothing. Four at a time, as a compiler would unroll it.
(module
  (memory (export "memory") 1)

  (func $bit (param $bits i32) (param $holder i32) (result i32)
    ;; The word that has the bit; a shift counts modulo 32.
    (i32.and
      (i32.shr_u
        (i32.load (i32.add (local.get $bits) (i32.and (i32.shr_u (local.get $holder) (i32.const 3)) (i32.const -4))))
        (local.get $holder))
      (i32.const 1)))

  ;; How many of the holders from `at` to `end`, numbers of four bytes in groups of four, have their bit set.
  (func (export "count") (param $at i32) (param $end i32) (param $bits i32) (result i32)
    (local $count i32)
    (loop $next
      (local.set $count
        (i32.add
          (local.get $count)
          (i32.add
            (i32.add
              (call $bit (local.get $bits) (i32.load (local.get $at)))
              (call $bit (local.get $bits) (i32.load offset=4 (local.get $at))))
            (i32.add
              (call $bit (local.get $bits) (i32.load offset=8 (local.get $at)))
              (call $bit (local.get $bits) (i32.load offset=12 (local.get $at)))))))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
    (local.get $count)))
