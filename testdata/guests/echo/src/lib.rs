//! Gives back whatever it is given, directly or by way of the host.

use std::cell::Cell;

wit_bindgen::generate!({
    path: "wit",
    world: "echo",
    generate_all,
});

use demo::echo::host;
use demo::echo::types::*;
use exports::demo::echo::roundtrip::{Guest as Roundtrip, Note};

struct Component;
export!(Component);

thread_local! {
    static TAKEN: Cell<u32> = const { Cell::new(0) };
}

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

/// Lends a result whose error is a string.
fn borrowed<T: Copy>(v: &Result<T, String>) -> Result<T, &str> {
    v.as_ref().map(copied).map_err(String::as_str)
}

fn copied<T: Copy>(v: &T) -> T {
    *v
}

impl Guest for Component {
    fn ping(v: u32) -> u32 {
        tick();
        v
    }

    fn relay(p: Point, type_: String) -> Result<String, ErrorCode> {
        describe(p, &type_)
    }

    fn ticks() -> u64 {
        tick()
    }
}

type Params = (String, u32, bool, u8, u32, i64, char, f64);
type Many = (String, Vec<u32>, Point, Option<String>, Value, u8, u16, u64);

impl Roundtrip for Component {
    fn nop() {}

    fn via_host_nop() {
        host::nop()
    }

    fn take(v: String) {
        TAKEN.set(v.len() as u32)
    }

    fn via_host_take(v: String) {
        host::take(&v)
    }

    fn give() -> u32 {
        TAKEN.get()
    }

    fn via_host_give() -> u32 {
        host::give()
    }

    #[rustfmt::skip]
    fn echo_params(string: String, type_: u32, err: bool, ctx: u8, len: u32, func: i64, map: char, nil: f64) -> Params {
        (string, type_, err, ctx, len, func, map, nil)
    }

    #[rustfmt::skip]
    fn via_host_params(string: String, type_: u32, err: bool, ctx: u8, len: u32, func: i64, map: char, nil: f64) -> Params {
        host::echo_params(&string, type_, err, ctx, len, func, map, nil)
    }

    #[rustfmt::skip]
    fn echo_many(a: String, b: Vec<u32>, c: Point, d: Option<String>, e: Value, f: u8, g: u16, h: u64) -> Many {
        (a, b, c, d, e, f, g, h)
    }

    #[rustfmt::skip]
    fn via_host_many(a: String, b: Vec<u32>, c: Point, d: Option<String>, e: Value, f: u8, g: u16, h: u64) -> Many {
        host::echo_many(&a, &b, c, d.as_deref(), &e, f, g, h)
    }

    fn echo_note(v: Note) -> Note {
        v
    }

    fn via_host_note(v: Note) -> Note {
        let host::Note { title, stars } = host::echo_note(&host::Note {
            title: v.title,
            stars: v.stars,
        });
        Note { title, stars }
    }

    roundtrip! {
        echo_bool, via_host_bool(v: bool) = v;
        echo_s8, via_host_s8(v: i8) = v;
        echo_s16, via_host_s16(v: i16) = v;
        echo_s32, via_host_s32(v: i32) = v;
        echo_s64, via_host_s64(v: i64) = v;
        echo_u8, via_host_u8(v: u8) = v;
        echo_u16, via_host_u16(v: u16) = v;
        echo_u32, via_host_u32(v: u32) = v;
        echo_u64, via_host_u64(v: u64) = v;
        echo_f32, via_host_f32(v: f32) = v;
        echo_f64, via_host_f64(v: f64) = v;
        echo_char, via_host_char(v: char) = v;
        echo_string, via_host_string(v: String) = &v;
        echo_list_bool, via_host_list_bool(v: Vec<bool>) = &v;
        echo_list_u8, via_host_list_u8(v: Vec<u8>) = &v;
        echo_list_u16, via_host_list_u16(v: Vec<u16>) = &v;
        echo_list_u32, via_host_list_u32(v: Vec<u32>) = &v;
        echo_list_u64, via_host_list_u64(v: Vec<u64>) = &v;
        echo_list_s8, via_host_list_s8(v: Vec<i8>) = &v;
        echo_list_s16, via_host_list_s16(v: Vec<i16>) = &v;
        echo_list_s32, via_host_list_s32(v: Vec<i32>) = &v;
        echo_list_s64, via_host_list_s64(v: Vec<i64>) = &v;
        echo_list_f32, via_host_list_f32(v: Vec<f32>) = &v;
        echo_list_f64, via_host_list_f64(v: Vec<f64>) = &v;
        echo_list_char, via_host_list_char(v: Vec<char>) = &v;
        echo_list_string, via_host_list_string(v: Vec<String>) = &v;
        echo_list_list_string, via_host_list_list_string(v: Vec<Vec<String>>) = &v;
        echo_list_list_u8, via_host_list_list_u8(v: Vec<Vec<u8>>) = &v;
        echo_list_point, via_host_list_point(v: Vec<Point>) = &v;
        echo_list_padded, via_host_list_padded(v: Vec<Padded>) = &v;
        echo_list_person, via_host_list_person(v: Vec<Person>) = &v;
        echo_list_value, via_host_list_value(v: Vec<Value>) = &v;
        echo_list_shape, via_host_list_shape(v: Vec<Shape>) = &v;
        echo_list_tuple, via_host_list_tuple(v: Vec<(u8, u64)>) = &v;
        echo_list_entry, via_host_list_entry(v: Vec<(String, String)>) = &v;
        echo_list_option, via_host_list_option(v: Vec<Option<u32>>) = &v;
        echo_list_result, via_host_list_result(v: Vec<Result<u32, String>>) = &v;
        echo_list_color, via_host_list_color(v: Vec<Color>) = &v;
        echo_list_large, via_host_list_large(v: Vec<Large>) = &v;
        echo_list_perms, via_host_list_perms(v: Vec<Perms>) = &v;
        echo_list_nine, via_host_list_nine(v: Vec<Nine>) = &v;
        echo_option_u8, via_host_option_u8(v: Option<u8>) = v;
        echo_option_u32, via_host_option_u32(v: Option<u32>) = v;
        echo_option_f64, via_host_option_f64(v: Option<f64>) = v;
        echo_option_string, via_host_option_string(v: Option<String>) = v.as_deref();
        echo_option_list_u8, via_host_option_list_u8(v: Option<Vec<u8>>) = v.as_deref();
        echo_option_point, via_host_option_point(v: Option<Point>) = v;
        echo_option_person, via_host_option_person(v: Option<Person>) = v.as_ref();
        echo_option_value, via_host_option_value(v: Option<Value>) = v.as_ref();
        echo_option_option, via_host_option_option(v: Option<Option<u8>>) = v;
        echo_option_result, via_host_option_result(v: Option<Result<u32, String>>) = v.as_ref().map(borrowed);
        echo_option_result_unit, via_host_option_result_unit(v: Option<Result<(), ()>>) = v;
        echo_option_list_entry, via_host_option_list_entry(v: Option<Vec<(String, String)>>) = v.as_deref();
        echo_tuple_one, via_host_tuple_one(v: (u32,)) = v;
        echo_tuple_pair, via_host_tuple_pair(v: (u8, u64)) = v;
        echo_tuple_mixed, via_host_tuple_mixed(v: (bool, i16, f32, String, Vec<u8>, Option<char>, Color)) = (v.0, v.1, v.2, &v.3, &v.4, v.5, &v.6);
        echo_tuple_nested, via_host_tuple_nested(v: ((u8, u16), (String, Point))) = (v.0, (&v.1.0, &v.1.1));
        echo_tuple_results, via_host_tuple_results(v: (Result<u32, String>, Result<(), String>, Result<u32, ()>, Result<(), ()>)) = (borrowed(&v.0), borrowed(&v.1), v.2, v.3);
        echo_point, via_host_point(v: Point) = v;
        echo_padded, via_host_padded(v: Padded) = v;
        echo_person, via_host_person(v: Person) = &v;
        echo_contact, via_host_contact(v: Contact) = &v;
        echo_sixteen, via_host_sixteen(v: Sixteen) = &v;
        echo_wide, via_host_wide(v: Wide) = &v;
        echo_value, via_host_value(v: Value) = &v;
        echo_shape, via_host_shape(v: Shape) = &v;
        echo_signal, via_host_signal(v: Signal) = v;
        echo_channel, via_host_channel(v: Channel) = &v;
        echo_color, via_host_color(v: Color) = v;
        echo_only, via_host_only(v: Only) = v;
        echo_large, via_host_large(v: Large) = v;
        echo_perms, via_host_perms(v: Perms) = v;
        echo_eight, via_host_eight(v: Eight) = v;
        echo_nine, via_host_nine(v: Nine) = v;
        echo_seventeen, via_host_seventeen(v: Seventeen) = v;
        echo_thirty_two, via_host_thirty_two(v: ThirtyTwo) = v;
        echo_id, via_host_id(v: Id) = v;
        echo_names, via_host_names(v: Names) = &v;
        echo_location, via_host_location(v: Location) = v;
        echo_error, via_host_error(v: Error) = &v;
        echo_fault, via_host_fault(v: Fault) = &v;
        fail_string, relay_fail_string(v: Result<u32, String>) = borrowed(&v);
        fail_enum, relay_fail_enum(v: Result<u32, ErrorCode>) = v;
        fail_variant, relay_fail_variant(v: Result<u32, Fault>) = v.as_ref().map(copied);
        fail_record, relay_fail_record(v: Result<u32, Error>) = v.as_ref().map(copied);
        fail_problem, relay_fail_problem(v: Result<String, Problem>) = v.as_deref();
        fail_none, relay_fail_none(v: Result<u32, ()>) = v;
        fail_unit, relay_fail_unit(v: Result<(), ()>) = v;
        fail_only_error, relay_fail_only_error(v: Result<(), String>) = borrowed(&v);
        fail_tuple, relay_fail_tuple(v: Result<String, (u8, String)>) = v.as_deref().map_err(|e| (e.0, e.1.as_str()));
        fail_list, relay_fail_list(v: Result<Vec<u8>, Vec<String>>) = v.as_deref().map_err(Vec::as_slice);
        fail_number, relay_fail_number(v: Result<Wide, u64>) = v.as_ref().map_err(copied);
        fail_option, relay_fail_option(v: Result<Option<u32>, Option<String>>) = v.as_ref().map(copied).map_err(Option::as_deref);
        fail_nested, relay_fail_nested(v: Result<Result<u32, String>, ErrorCode>) = v.as_ref().map(borrowed);
    }
}
