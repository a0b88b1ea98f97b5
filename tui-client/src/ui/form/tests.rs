//! The form as somebody fills it in.

use super::*;

fn type_in(form: &mut Form, text: &str) {
    for c in text.chars() {
        form.insert(c.encode_utf8(&mut [0; 4]));
    }
}

fn form(host: &str, user: &str, mode: Mode) -> Form {
    Form::new(&Defaults { host: host.to_owned(), user: user.to_owned(), mode, ..Defaults::default() })
}

#[test]
fn a_log_in_needs_a_server_a_name_and_a_password() {
    let mut form = form("", "", Mode::LogIn);
    assert_eq!(form.focus(), Field::Server);
    type_in(&mut form, "chat.home.lan");
    form.submit();
    assert_eq!(form.focus(), Field::User, "Enter goes to the first field that is not well");
    type_in(&mut form, "ann");
    form.next_field();
    type_in(&mut form, "pass word");
    let FormAction::Submit(filled) = form.submit() else { panic!("not submitted") };
    assert_eq!((filled.host.as_str(), filled.port, filled.user.as_str()), ("chat.home.lan", 23_791, "ann"));
    assert_eq!(filled.password.as_str(), "pass word");
    assert_eq!(filled.sign_up, None);
}

#[test]
fn a_sign_up_checks_minima_and_that_the_passwords_agree() {
    let mut form = form("::1", "ann", Mode::SignUp);
    assert_eq!(form.focus(), Field::Display);
    form.submit();
    assert_eq!(form.focus(), Field::User, "a new name needs four characters");
    type_in(&mut form, "a");
    form.next_field();
    type_in(&mut form, "se:cret");
    form.next_field();
    type_in(&mut form, "se:cre");
    form.submit();
    assert_eq!(form.focus(), Field::Again);
    type_in(&mut form, "t");
    form.next_field();
    type_in(&mut form, "owner-code");
    let FormAction::Submit(filled) = form.submit() else { panic!("not submitted") };
    let sign_up = filled.sign_up.expect("a sign-up");
    assert_eq!(sign_up.display, "anna", "without a name of its own the user name is shown");
    assert_eq!(sign_up.code.expect("a code").as_str(), "owner-code");
}

#[test]
fn a_port_behind_the_server_goes_to_its_field() {
    let mut form = form("", "ann", Mode::LogIn);
    type_in(&mut form, "[::1]:6697");
    form.previous_field();
    assert_eq!(form.focus(), Field::Connect);
    form.previous_field();
    type_in(&mut form, "secret");
    let FormAction::Submit(filled) = form.submit() else { panic!("not submitted") };
    assert_eq!((filled.host.as_str(), filled.port), ("::1", 6697));
}

#[test]
fn exit_typed_in_any_field_but_the_passwords_leaves() {
    let mut form = form("chat.lan", "", Mode::LogIn);
    type_in(&mut form, "exit()");
    assert_eq!(form.submit(), FormAction::Quit);

    let mut form = super::Form::new(&Defaults { host: "chat.lan".into(), user: "ann".into(), ..Defaults::default() });
    assert_eq!(form.focus(), Field::Password);
    type_in(&mut form, "exit()");
    assert!(matches!(form.submit(), FormAction::Submit(_)), "a password may be anything");
}

#[test]
fn a_refusal_stands_until_its_field_changes_and_nothing_typed_is_lost() {
    let mut form = form("chat.lan", "ann", Mode::LogIn);
    type_in(&mut form, "secret");
    form.set_steps(&["found", "TLS ok", "signing in"]);
    type_in(&mut form, "x");
    assert_eq!(form.submit(), FormAction::None, "everything waits while connecting");
    form.set_error(Field::Password, "User name and password do not fit together.".to_owned());
    assert!(!form.is_connecting());
    assert_eq!(form.focus(), Field::Password);
    form.edit(Edit::Left);
    assert!(form.refusals.contains_key(&Field::Password), "moving the cursor changes nothing");
    form.previous_field();
    type_in(&mut form, "a");
    assert!(form.refusals.is_empty(), "another user name may be the right one");
    assert_eq!(form.password.text(), "secret");
}

#[test]
fn an_error_of_a_field_that_is_not_there_stands_below_the_button() {
    let mut form = form("chat.lan", "ann", Mode::LogIn);
    form.set_error(Field::Code, "Signing up needs a code.".to_owned());
    assert_eq!(form.focus(), Field::Connect);
}

#[test]
fn secrets_are_not_in_debug_forms() {
    let mut form = form("chat.lan", "anna", Mode::SignUp);
    form.next_field();
    form.next_field();
    type_in(&mut form, "top-secret");
    form.next_field();
    type_in(&mut form, "top-secret");
    form.next_field();
    type_in(&mut form, "the-code");
    let action = form.submit();
    assert!(matches!(action, FormAction::Submit(_)));
    let printed = format!("{action:?}");
    assert!(printed.contains("anna") && !printed.contains("top-secret") && !printed.contains("the-code"), "{printed}");
}

#[test]
fn the_mode_is_switched_in_its_field_or_by_a_key_and_keeps_what_was_typed() {
    let mut form = form("chat.lan", "anna", Mode::LogIn);
    type_in(&mut form, "secret");
    form.switch_mode();
    assert_eq!((form.mode(), form.focus()), (Mode::SignUp, Field::Display), "the first field that is empty");
    form.switch_mode();
    assert_eq!((form.mode(), form.focus()), (Mode::LogIn, Field::Connect), "everything is filled in");
    while form.focus() != Field::Mode {
        form.previous_field();
    }
    form.edit(Edit::Right);
    assert_eq!((form.mode(), form.focus()), (Mode::SignUp, Field::Mode), "the choice itself keeps the focus");
    assert_eq!(form.password.text(), "secret");
}
