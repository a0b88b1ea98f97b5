//! klatch in a pseudo-terminal, with settings of its own, and the ways people take through it.

use std::{
    ffi::OsStr,
    ops::{Deref, DerefMut},
    path::Path,
};

use tempfile::TempDir;

use crate::{
    server::Server,
    terminal::{ENTER, TAB, Terminal},
};

/// The sizes of which screens are kept.
pub const LARGE: (u16, u16) = (100, 30);
pub const MEDIUM: (u16, u16) = (60, 20);
pub const SMALL: (u16, u16) = (40, 12);

/// A password that nobody minds.
pub const PASSWORD: &str = "correct horse 7";

const CTRL_T: &str = "\x14";

/// A running klatch.
pub struct Klatch {
    terminal: Terminal,
    home: TempDir,
}

impl Klatch {
    /// Starts it for the first time.
    pub fn open(arguments: &[&str], size: (u16, u16)) -> Self {
        Klatch::open_in(TempDir::new().expect("a directory can be made"), arguments, size)
    }

    /// Starts it with the settings of an earlier one.
    pub fn open_in(home: TempDir, arguments: &[&str], size: (u16, u16)) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_klatch"));
        let environment: [(&str, &OsStr); 2] =
            [("KLATCH_HOME", home.path().as_os_str()), ("LANG", OsStr::new("C.UTF-8"))];
        Klatch { terminal: Terminal::start(program, arguments, &environment, size), home }
    }

    /// Starts it with the form pointing at `server`.
    pub fn at(server: &Server, size: (u16, u16)) -> Self {
        Klatch::at_port(server.port, size)
    }

    /// Starts it with the form pointing at this port of this machine.
    pub fn at_port(port: u16, size: (u16, u16)) -> Self {
        Klatch::open(&["--host", "127.0.0.1", "--port", &port.to_string()], size)
    }

    /// Signs up and comes in; the display name is `display`.
    #[track_caller]
    pub fn sign_up(&mut self, display: &str, user: &str) {
        self.fill_sign_up(display, user, PASSWORD);
        self.press(ENTER);
        self.trust();
        self.wait_in();
    }

    /// Fills the form in to sign up. The focus has to be where it is at the start; the switch moves it to the name.
    #[track_caller]
    pub fn fill_sign_up(&mut self, display: &str, user: &str, password: &str) {
        self.wait_text("User name");
        self.press(CTRL_T);
        for part in [display, TAB, user, TAB, password, TAB, password] {
            self.press(part);
        }
    }

    /// Logs in and comes in.
    #[track_caller]
    pub fn log_in(&mut self, user: &str) {
        self.fill_log_in(user, PASSWORD);
        self.press(ENTER);
        self.trust();
        self.wait_in();
    }

    /// Fills the form in to log in. The focus has to be where it is at the start, on the user name.
    #[track_caller]
    pub fn fill_log_in(&mut self, user: &str, password: &str) {
        self.wait_text("User name");
        for part in [user, TAB, password] {
            self.press(part);
        }
    }

    /// Says that the certificate seen for the first time is the right one.
    #[track_caller]
    pub fn trust(&mut self) {
        self.wait_text("First visit to");
        self.press(ENTER);
    }

    /// Waits for the lobby.
    #[track_caller]
    pub fn wait_in(&self) {
        self.wait_text("#lobby");
        self.wait_gone("User name");
    }

    /// Its settings, for another start. It has to have ended.
    pub fn into_home(self) -> TempDir {
        let Klatch { terminal, home } = self;
        drop(terminal);
        home
    }

    /// The screen as it can be kept: times of day and everything else that is different each time is the same.
    pub fn picture(&self, port: u16) -> String {
        masked(&self.text(), port)
    }
}

impl Deref for Klatch {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.terminal
    }
}

impl DerefMut for Klatch {
    fn deref_mut(&mut self) -> &mut Terminal {
        &mut self.terminal
    }
}

/// Without times of day, with the port as digits of 9 in its own width, and day lines without their date.
fn masked(text: &str, port: u16) -> String {
    let port = port.to_string();
    let text = text.replace(&port, &"9".repeat(port.len()));
    let one = |line: &str| if is_day_line(line) { "─── TODAY".to_owned() } else { without_time(line) };
    text.lines().map(one).collect::<Vec<_>>().join("\n")
}

/// `─── Sunday 22 November 2026 ───`
fn is_day_line(line: &str) -> bool {
    let months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    line.contains('─') && months.iter().any(|month| line.contains(month))
}

/// The time of day is shown where it changed, so at a line's start it is there or not by chance; at its end it is the clock.
fn without_time(line: &str) -> String {
    let is_time =
        |text: &str| matches!(text.as_bytes(), [a, b, b':', c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()));
    if line.get(1..6).is_some_and(is_time) {
        return format!("      {}", &line[6..]);
    }
    if line.get(..5).is_some_and(is_time) {
        return line[5..].trim_start().to_owned();
    }
    match line.rsplit_once(' ') {
        Some((rest, clock)) if is_time(clock) => format!("{rest} 00:00"),
        _ => line.to_owned(),
    }
}
