//! What fuzzing found worth keeping, as ordinary tests: `inputs/` has a folder of files for each of `targets/`, which
//! `server/protocol/fuzz` fuzzes.

mod kept;
mod targets;

macro_rules! kept {
    ($($name:ident => $target:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                kept::each(env!("CARGO_MANIFEST_DIR"), concat!("tests/corpus/inputs/", stringify!($target)), targets::$target::check);
            }
        )+
    };
}

kept! {
    streams_are_cut_into_the_same_lines_however_they_come => framing,
    lines_are_read_as_they_were_built => message,
    nothing_hostile_is_left_of_any_text => sanitize,
    sasl_takes_what_is_right_and_keeps_within_bounds => sasl,
    tags_stay_where_they_belong => tags,
}
