#![no_main]
#[path = "../../tests/hub/hostile.rs"]
mod hostile;
#[path = "../../tests/hub/pattern.rs"]
#[allow(dead_code, reason = "nothing is expected to be seen here")]
mod pattern;
#[path = "../../tests/hub/script.rs"]
#[allow(dead_code, reason = "single statements are played, not whole scripts")]
mod script;
#[path = "../../tests/hub/stage.rs"]
#[allow(dead_code, reason = "other tests ask for more")]
mod stage;
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::check(bytes));
