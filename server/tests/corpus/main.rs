//! What fuzzing found worth keeping, as ordinary tests: `inputs/` has a folder of files for each of `targets/`, which
//! `server/fuzz` fuzzes.

#[path = "../../protocol/tests/corpus/kept.rs"]
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
    the_original_s_client_is_understood_and_shown_nothing_hostile => compat,
    configurations_are_refused_with_their_place_or_make_a_server => configuration,
    whatever_stands_before_a_connection_is_taken_or_refused => front,
}
