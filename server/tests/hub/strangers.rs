//! Whether a name has an account is told neither by what is answered to a log-in nor by the work that is done for it.

use std::collections::BTreeSet;

use klatch_server::net::compat::{
    segments::{Details, Request},
    talk::{Act, Talk},
};

use crate::stage::Stage;

/// Two accounts, and a stranger who tries.
fn stage() -> Stage {
    let mut stage = Stage::new();
    for name in ["amanda", "berta"] {
        stage.connect(name, false);
        [&format!("NICK {name}"), &format!("REGISTER * * secret-{name}"), "QUIT"]
            .into_iter()
            .for_each(|line| stage.line(name, line));
    }
    stage.connect("eve", false);
    stage
}

fn payload(name: &str, password: &str) -> String {
    let chunks = klatch_protocol::sasl::chunks(format!("\0{name}\0{password}").as_bytes());
    chunks[0].as_str().to_owned()
}

fn tries(stage: &mut Stage, name: &str, password: &str) -> Vec<String> {
    stage.forget_lines("eve");
    stage.line("eve", "AUTHENTICATE PLAIN");
    stage.line("eve", &format!("AUTHENTICATE {}", payload(name, password)));
    std::iter::from_fn(|| stage.next_line("eve")).collect()
}

#[test]
fn a_name_without_an_account_costs_as_much_as_one_that_has_and_lets_nobody_in() {
    let mut stage = stage();
    let mut stand_ins = BTreeSet::new();
    for number in 0..40 {
        let name = format!("nobody{number}");
        for password in ["secret-amanda", "secret-berta"] {
            // The password of whoever stands in for nobody is wrong as well.
            let said = tries(&mut stage, &name, password);
            assert!(said.iter().any(|line| line.contains(" 904 ")), "{name}: {said:?}");
        }
        let mut hashes = stage.verified.drain(..).collect::<Vec<_>>();
        hashes.dedup();
        assert_eq!(hashes.len(), 1, "always the same for a name");
        stand_ins.insert(hashes[0].clone().expect("something to compare with"));
    }
    // Accounts whose hashes cost differently are met as often as in log-ins by name.
    assert_eq!(stand_ins.len(), 2);
    assert_eq!(tries(&mut stage, "amanda", "wrong"), tries(&mut stage, "nobody", "wrong"));
    stage.verified.clear();
    let said = tries(&mut stage, "amanda", "secret-amanda");
    assert!(said.iter().any(|line| line.contains(" 903 ")), "{said:?}");
}

#[test]
fn a_name_that_is_no_operator_costs_as_much_as_one_that_is() {
    let mut stage = stage();
    stage.line("eve", "NICK eve");
    stage.line("eve", "USER eve 0 * :Eve");
    stage.forget_lines("eve");
    for name in ["nobody", "amanda", "berta"] {
        for password in ["secret-amanda", "secret-berta"] {
            stage.line("eve", &format!("OPER {name} {password}"));
            let said: Vec<String> = std::iter::from_fn(|| stage.next_line("eve")).collect();
            assert!(said.iter().any(|line| line.contains(" 464 ")), "{name}: {said:?}");
        }
    }
    assert!(stage.verified.iter().all(Option::is_some));
    assert_eq!(stage.verified.len(), 6);
}

/// What the original's client is told that wants in, by way of its translator.
fn tries_as_the_original(stage: &mut Stage, user: &str, password: &str) -> Vec<Act> {
    let who = Details { name: "Eve".into(), user: user.into(), password: password.to_owned().into() };
    let (mut talk, mut acts) = Talk::begin(Request::LogIn(who), "#lobby").unwrap();
    let mut told = Vec::new();
    stage.connect("eve", false);
    loop {
        for act in acts {
            match act {
                Act::Line(line) => stage.line("eve", &line),
                shown => told.push(shown),
            }
        }
        let Some(line) = stage.next_line("eve") else { return told };
        acts = talk.heard(&line);
    }
}

#[test]
fn the_originals_client_learns_no_names_either() {
    let mut stage = stage();
    let mut seen = Vec::new();
    for (user, password) in
        [("amanda", "wrong"), ("amanda", "secret-berta"), ("nobody", "wrong"), ("nobody", "secret-amanda")]
    {
        stage.verified.clear();
        let told = tries_as_the_original(&mut stage, user, password);
        let compared = stage.verified.iter().map(Option::is_some).collect::<Vec<_>>();
        seen.push((told, compared));
    }
    assert_eq!(seen[0], (vec![Act::Answer("False"), Act::End], vec![true]), "one comparison, with something");
    assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
}

/// SCRAM proves with keys that are there: no password is worked on, for whatever name and proof.
#[test]
fn no_exchange_of_scram_has_a_password_compared() {
    let mut stage = stage();
    for name in ["amanda", "nobody"] {
        stage.line("eve", "AUTHENTICATE SCRAM-SHA-256");
        let chunks = |text: &str| klatch_protocol::sasl::chunks(text.as_bytes())[0].as_str().to_owned();
        stage.line("eve", &format!("AUTHENTICATE {}", chunks(&format!("n,,n={name},r=abc"))));
        stage.line("eve", &format!("AUTHENTICATE {}", chunks("c=biws,r=abc,p=AAAA")));
        let said: Vec<String> = std::iter::from_fn(|| stage.next_line("eve")).collect();
        assert!(said.last().unwrap().contains(" 904 "), "{said:?}");
    }
    assert!(stage.verified.is_empty());
}
