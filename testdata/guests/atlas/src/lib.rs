//! Gives back whatever it is given, directly or by way of the host.

use wit_bindgen::rt::Map;

wit_bindgen::generate!({
    path: "wit",
    world: "atlas",
    generate_all,
});

use demo::atlas::host;
use demo::atlas::types::*;
use exports::demo::atlas::roundtrip::Guest;

struct Component;
export!(Component);

/// One line a type: the function that gives its parameter back, the one that
/// asks the host to, and how the parameter is lent to the import.
macro_rules! roundtrip {
    ($($echo:ident, $via:ident($v:ident: $type:ty) = $lent:expr;)*) => {$(
        fn $echo($v: $type) -> $type {
            $v
        }

        fn $via($v: $type) -> $type {
            host::$echo($lent)
        }
    )*};
}

type Places = (Map<String, u32>, [u16; 3], One, (u8, [u32; 1]));
type Crowd = ([u64; 12], Map<u8, Vec<u8>>, [char; 3]);

impl Guest for Component {
    fn echo_places(a: Map<String, u32>, b: [u16; 3], c: One, d: (u8, [u32; 1])) -> Places {
        (a, b, c, d)
    }

    fn via_host_places(a: Map<String, u32>, b: [u16; 3], c: One, d: (u8, [u32; 1])) -> Places {
        host::echo_places(&a, b, c, d)
    }

    fn echo_crowd(a: [u64; 12], b: Map<u8, Vec<u8>>, c: [char; 3]) -> Crowd {
        (a, b, c)
    }

    fn via_host_crowd(a: [u64; 12], b: Map<u8, Vec<u8>>, c: [char; 3]) -> Crowd {
        host::echo_crowd(a, &b, c)
    }

    roundtrip! {
        echo_map_bool, via_host_map_bool(v: Map<bool, String>) = &v;
        echo_map_u8, via_host_map_u8(v: Map<u8, u64>) = &v;
        echo_map_s8, via_host_map_s8(v: Map<i8, char>) = &v;
        echo_map_u16, via_host_map_u16(v: Map<u16, f32>) = &v;
        echo_map_s16, via_host_map_s16(v: Map<i16, f64>) = &v;
        echo_map_u32, via_host_map_u32(v: Map<u32, bool>) = &v;
        echo_map_s32, via_host_map_s32(v: Map<i32, Vec<u8>>) = &v;
        echo_map_s64, via_host_map_s64(v: Map<i64, Option<u16>>) = &v;
        echo_map_char, via_host_map_char(v: Map<char, Point>) = &v;
        echo_map_string, via_host_map_string(v: Map<String, String>) = &v;
        echo_map_map, via_host_map_map(v: Map<String, Map<u8, Vec<String>>>) = &v;
        echo_map_fixed, via_host_map_fixed(v: Map<u16, [u16; 3]>) = &v;
        echo_map_record, via_host_map_record(v: Map<String, Sheet>) = &v;
        echo_sheet, via_host_sheet(v: Sheet) = &v;
        echo_legend, via_host_legend(v: Legend) = &v;
        echo_index, via_host_index(v: Index) = &v;
        echo_list_map, via_host_list_map(v: Vec<Map<u8, String>>) = &v;
        echo_option_map, via_host_option_map(v: Option<Map<u64, u8>>) = v.as_ref();
        echo_tuple_map, via_host_tuple_map(v: (Map<u8, u8>, u8, Map<String, Point>)) = (&v.0, v.1, &v.2);
        echo_fixed_bool, via_host_fixed_bool(v: [bool; 3]) = v;
        echo_fixed_u8, via_host_fixed_u8(v: [u8; 5]) = v;
        echo_fixed_u16, via_host_fixed_u16(v: [u16; 3]) = v;
        echo_fixed_s16, via_host_fixed_s16(v: [i16; 2]) = v;
        echo_fixed_u32, via_host_fixed_u32(v: [u32; 4]) = v;
        echo_fixed_u64, via_host_fixed_u64(v: [u64; 2]) = v;
        echo_fixed_s64, via_host_fixed_s64(v: [i64; 3]) = v;
        echo_fixed_f32, via_host_fixed_f32(v: [f32; 4]) = v;
        echo_fixed_f64, via_host_fixed_f64(v: [f64; 2]) = v;
        echo_fixed_char, via_host_fixed_char(v: [char; 2]) = v;
        echo_fixed_point, via_host_fixed_point(v: [Point; 2]) = v;
        echo_fixed_fixed, via_host_fixed_fixed(v: [[u8; 3]; 2]) = v;
        echo_fixed_option, via_host_fixed_option(v: [Option<u8>; 3]) = v;
        echo_fixed_tuple, via_host_fixed_tuple(v: [(u8, u32); 2]) = v;
        echo_fixed_flags, via_host_fixed_flags(v: [One; 3]) = v;
        echo_fixed_sixteen, via_host_fixed_sixteen(v: [u8; 16]) = v;
        echo_fixed_long, via_host_fixed_long(v: [u64; 17]) = v;
        echo_fixed_bytes, via_host_fixed_bytes(v: [u8; 100]) = v;
        echo_list_fixed_u8, via_host_list_fixed_u8(v: Vec<[u8; 4]>) = &v;
        echo_list_fixed_string, via_host_list_fixed_string(v: Vec<[String; 2]>) = &v;
        echo_option_fixed, via_host_option_fixed(v: Option<[u8; 4]>) = v;
        echo_tile, via_host_tile(v: Tile) = &v;
        echo_shelf, via_host_shelf(v: Shelf) = &v;
        echo_cell, via_host_cell(v: Cell) = v;
        echo_one, via_host_one(v: One) = v;
        echo_seven, via_host_seven(v: Seven) = v;
        echo_fifteen, via_host_fifteen(v: Fifteen) = v;
        echo_sixteen, via_host_sixteen(v: Sixteen) = v;
        echo_twenty_four, via_host_twenty_four(v: TwentyFour) = v;
        echo_thirty_one, via_host_thirty_one(v: ThirtyOne) = v;
        echo_list_thirty_one, via_host_list_thirty_one(v: Vec<ThirtyOne>) = &v;
        echo_flags, via_host_flags(v: FlagsOfAll) = v;
        echo_single, via_host_single(v: (String,)) = (&v.0,);
        echo_big_tuple, via_host_big_tuple(v: (u8, u16, u32, u64, i8, i16, i32, i64, f32, f64, bool, char, String, Vec<u8>, Option<u8>, One)) = (v.0, v.1, v.2, v.3, v.4, v.5, v.6, v.7, v.8, v.9, v.10, v.11, &v.12, &v.13, v.14, &v.15);
        echo_nested_tuple, via_host_nested_tuple(v: ((u8, (u64, String)), ((f32,),))) = ((v.0 .0, (v.0 .1 .0, &v.0 .1 .1)), v.1);
        echo_list_big_tuple, via_host_list_big_tuple(v: Vec<(u8, u64, u8, u32, u8, u16, bool, String, u8, f64, u8, f32, u8, char, u8, Vec<u16>)>) = &v;
        fail_map, relay_fail_map(v: Result<Map<String, u32>, Map<u8, String>>) = v.as_ref();
        fail_fixed, relay_fail_fixed(v: Result<[u8; 4], Cell>) = v;
    }
}
