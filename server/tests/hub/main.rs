//! The hub told by scripts: who sends what, and who sees what for it. Each file in `scripts/` is one test; `script.rs`
//! says what can stand in them.

mod bounds;
mod chaos;
mod growth;
mod hostile;
#[path = "../../protocol/tests/corpus/kept.rs"]
mod kept;
mod lessons;
mod model;
mod outsiders;
mod pattern;
mod scram;
mod script;
mod secrecy;
mod stage;
mod strangers;
mod tables;

macro_rules! scripts {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                script::run(include_str!(concat!("scripts/", stringify!($name), ".txt")));
            }
        )+

        const SCRIPTS: &[&str] = &[$(include_str!(concat!("scripts/", stringify!($name), ".txt"))),+];
    };
}

scripts! {
    connecting,
    nicks,
    capabilities,
    sasl,
    sign_up,
    codes,
    server_password,
    throttled_log_ins,
    throttled_addresses,
    throttled_operators,
    throttled_sign_ups,
    throttled_guests,
    transport_security,
    web_gateways,
    accounts_by_operator,
    guests_and_accounts,
    free_nicks,
    one_device,
    many_devices,
    joining,
    parting,
    lobby,
    messages,
    tags,
    echo_and_labels,
    nonces,
    direct_messages,
    history,
    history_of_events,
    guests_history,
    read_markers,
    searching,
    forgetting,
    metadata,
    taking_back,
    several_lines,
    bots,
    conversations,
    topics,
    names_and_list,
    keeping_order,
    inviting,
    modes,
    room_modes,
    ranks,
    bans,
    quiet_rooms,
    renaming,
    founders,
    unicode_names,
    alike,
    rfc1459_names,
    other_mapping,
    who,
    whox,
    whois,
    whowas,
    monitor,
    accepting,
    presence,
    about_the_server,
    refusals,
    silence,
    flood,
    shared_allowance,
    waiting_lines,
    operator,
    operators,
    operator_accounts,
    server_bans,
    shutdown,
    restart,
    new_decisions,
}

/// What HELP lists, as somebody on `stage` sees it.
fn listed(stage: &mut stage::Stage, who: &str) -> Vec<String> {
    stage.line(who, "HELP");
    let head = format!(":klatch.test 705 {who} * :");
    let lines = std::iter::from_fn(|| stage.next_line(who));
    let lists = lines.filter_map(|line| line.strip_prefix(&head).map(str::to_owned));
    lists.flat_map(|list| list.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Each command is answered under its label, whether it can be done or not: by one line, a batch or ACK (ircv3.net "Labeled
/// responses").
#[test]
fn every_command_is_answered_under_its_label() {
    // A stage for each command: some end the connection.
    let stage = || {
        let mut stage = stage::Stage::new();
        stage.connect("amy", false);
        let caps = "CAP REQ :labeled-response batch message-tags draft/metadata-3 draft/read-marker soju.im/search";
        ["NICK amy", "USER amy 0 * :Amy", caps, "CAP END"].iter().for_each(|line| stage.line("amy", line));
        stage.forget_lines("amy");
        stage
    };
    let words = listed(&mut stage(), "amy");
    for word in words.iter().map(String::as_str).chain(["NONSENSE"]) {
        for params in ["", " amy", " #room :text", " * LIST a b c"] {
            let mut stage = stage();
            stage.line("amy", &format!("@label=L7 {word}{params}"));
            let lines: Vec<String> = std::iter::from_fn(|| stage.next_line("amy")).collect();
            let tags = lines.iter().filter_map(|line| line.split(' ').next());
            assert_eq!(tags.filter(|tags| tags.contains("label=L7")).count(), 1, "{word}{params}: {lines:?}");
        }
    }
}

/// HELP lists what the server understands; somebody in some script says each word.
#[test]
fn every_command_is_told_of() {
    let mut stage = stage::Stage::new();
    stage.connect("amy", false);
    ["NICK amy", "USER amy 0 * :Amy"].iter().for_each(|line| stage.line("amy", line));
    let list = listed(&mut stage, "amy");
    let said = |word: &str| {
        let spoken = SCRIPTS.iter().flat_map(|script| script.lines()).filter_map(|line| line.split_once(": "));
        let mut words = spoken.filter_map(|(_, line)| line.split(' ').find(|part| !part.starts_with(['@', ':'])));
        words.any(|spoken| spoken.eq_ignore_ascii_case(word))
    };
    assert!(!list.is_empty(), "HELP answers with a list");
    let silent: Vec<&str> = list.iter().map(String::as_str).filter(|word| !said(word)).collect();
    assert!(silent.is_empty(), "no script says {silent:?}");
}

/// The table in docs/protocol.md and what is on offer are the same capabilities.
#[test]
fn the_book_lists_what_is_on_offer() {
    let book = include_str!("../../../docs/protocol.md");
    let table = book.split("## Capabilities").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('|').next());
    let mut told: Vec<&str> =
        cells.flat_map(|cell| cell.split(['`', ',', ' '])).filter(|word| !word.is_empty()).collect();
    told.sort_unstable();
    let mut stage = stage::Stage::new();
    stage.policy.sts = Some(klatch_server::hub::policy::Sts { port: 6697, seconds: 60, preload: false });
    stage.connect("amy", true);
    stage.line("amy", "CAP LS 302");
    let lines: Vec<String> = std::iter::from_fn(|| stage.next_line("amy")).collect();
    let words = lines.iter().filter_map(|line| line.rsplit_once(" :")).flat_map(|(_, words)| words.split(' '));
    let mut offered: Vec<&str> = words.filter_map(|word| word.split('=').next()).collect();
    offered.sort_unstable();
    assert_eq!(told, offered);
}

/// What holds for hostile scripts holds for honest ones.
#[test]
fn the_scripts_do_no_harm() {
    SCRIPTS.iter().for_each(|script| hostile::check(script.as_bytes()));
}

/// What fuzzing found worth keeping; `server/fuzz` looks for more.
#[test]
fn the_kept_hostile_scripts_do_no_harm() {
    kept::each(env!("CARGO_MANIFEST_DIR"), "tests/corpus/inputs/hub", hostile::check);
}
