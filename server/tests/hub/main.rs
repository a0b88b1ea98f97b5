//! The hub told by scripts: who sends what, and who sees what for it. Each file in `scripts/` is one test; `script.rs`
//! says what can stand in them.

mod chaos;
mod model;
mod pattern;
mod script;
mod stage;

macro_rules! scripts {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                script::run(include_str!(concat!("scripts/", stringify!($name), ".txt")));
            }
        )+
    };
}

scripts! {
    connecting,
    nicks,
    capabilities,
    sasl,
    sign_up,
    codes,
    guests_and_accounts,
    one_device,
    many_devices,
    joining,
    parting,
    messages,
    tags,
    echo_and_labels,
    direct_messages,
    history,
    history_of_events,
    conversations,
    topics,
    names_and_list,
    keeping_order,
    inviting,
    modes,
    who,
    whois,
    presence,
    about_the_server,
    refusals,
    silence,
    flood,
    waiting_lines,
    operator,
    shutdown,
    restart,
}
