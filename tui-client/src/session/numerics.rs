//! Numeric replies in words, for people. The parameters come without our own nick in front, cleaned; any of them may be
//! missing.

use super::Window;

/// Where a numeric is shown and what it says; `None` for those that say nothing to people.
pub(super) fn describe(code: u16, params: &[String]) -> Option<(Window, String)> {
    let first = params.first().map(String::as_str).unwrap_or_default();
    let second = params.get(1).map(String::as_str).unwrap_or_default();
    let last = params.last().map(String::as_str).unwrap_or_default();
    let here = |text: String| Some((Window::Active, text));
    let there = |text: String| Some((Window::Named(first.to_owned()), text));
    match code {
        // The end of lists, and what is told in better ways.
        4 | 221 | 315 | 318 | 321 | 323 | 329 | 333 | 337 | 347 | 349 | 366 | 368 | 369 | 374 | 376 | 900..=903 => None,
        // The numbers in front stand in the words as well.
        265 | 266 => Some((Window::Server, last.to_owned())),
        1..=3 | 250..=255 | 372 | 375 | 396 => Some((Window::Server, words(params))),
        301 => there(format!("{first} is away: {second}")),
        307 | 335 | 671 => here(format!("{first} {last}")),
        311 | 314 => here(format!("{first} is {last} ({second}@{})", word(params, 2))),
        312 => here(format!("{first} is on {second}: {last}")),
        313 => here(format!("{first} {last}")),
        317 => here(format!("{first} has been idle for {}", duration(second))),
        319 => here(format!("{first} is in {last}")),
        322 => {
            here(format!("{first}: {second} there. {}", if params.len() > 2 { last } else { "" }).trim_end().to_owned())
        }
        324 => there(format!("the modes of {first} are {}", words(params.get(1..).unwrap_or_default()))),
        330 => here(format!("{first} is logged in as {second}")),
        336 | 346 | 348 | 367 => there(words(params)),
        338 | 378 | 379 => here(words(params)),
        341 => Some((Window::Named(second.to_owned()), format!("{first} has been invited to {second}"))),
        401 | 406 => here(format!("there is nobody called {first} here")),
        403 => here(format!("there is no room {first}")),
        404 => there(format!("you cannot speak in {first}: {last}")),
        421 => here(format!("the server does not know the command {first}")),
        432 => here(format!("{first} cannot be a nick here: {last}")),
        433 => here(format!("{first} is somebody else's nick")),
        441 => there(format!("{first} is not in {second}")),
        442 => there(format!("you are not in {first}; /join {first} goes there")),
        443 => there(format!("{first} is in {second} already")),
        471 => there(format!("{first} is full")),
        473 => there(format!("{first} is for those who are invited; ask somebody in it")),
        474 => there(format!("you are banned from {first}")),
        475 => there(format!("{first} has a key; /join {first} <key> goes in")),
        477 => there(format!("{first} is for those who are logged in")),
        482 => there(format!("you are no operator of {first}")),
        _ if params.is_empty() => None,
        _ => there(words(params)),
    }
}

fn word(params: &[String], index: usize) -> &str {
    params.get(index).map(String::as_str).unwrap_or_default()
}

fn words(params: &[String]) -> String {
    params.join(" ")
}

/// Seconds as people say them.
fn duration(seconds: &str) -> String {
    match seconds.parse::<u64>() {
        Ok(n @ 0..60) => format!("{n} s"),
        Ok(n @ 60..3_600) => format!("{} min", n / 60),
        Ok(n) => format!("{} h {} min", n / 3_600, n / 60 % 60),
        Err(_) => "some time".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_numeric_needs_its_parameters() {
        for code in 0..1_000 {
            for count in 0..6 {
                let params: Vec<String> = (0..count).map(|index| format!("p{index}")).collect();
                let _ = describe(code, &params);
            }
        }
    }

    #[test]
    fn common_ones_are_sentences() {
        let say = |code, params: &[&str]| {
            let params: Vec<String> = params.iter().map(|param| (*param).to_owned()).collect();
            describe(code, &params).unwrap().1
        };
        assert_eq!(say(317, &["amy", "125", "0", "seconds idle"]), "amy has been idle for 2 min");
        assert_eq!(say(322, &["#x", "3", "about x"]), "#x: 3 there. about x");
        assert_eq!(say(322, &["#x", "3"]), "#x: 3 there.");
        assert_eq!(say(401, &["amy", "No such nick"]), "there is nobody called amy here");
    }
}
