//! What fuzzing found worth keeping, as ordinary tests: `inputs/` has a folder of files for each of `targets/`, which
//! `tui-client/fuzz` fuzzes.

#[path = "../../../server/protocol/tests/corpus/kept.rs"]
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
    whatever_a_server_says_the_screen_stays_clean_and_bounded => session,
    whatever_is_typed_goes_out_as_single_lines => typed,
}
