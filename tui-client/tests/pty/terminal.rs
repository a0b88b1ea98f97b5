//! A program in a pseudo-terminal, and what a person in front of it would see.

use std::{
    ffi::OsStr,
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use vt100::{MouseProtocolMode, Parser, Screen};

/// How long to wait for anything. Generous: a loaded machine is slow, and waiting ends as soon as there is something.
pub const PATIENCE: Duration = Duration::from_secs(40);

pub const ENTER: &str = "\r";
pub const TAB: &str = "\t";
pub const ESC: &str = "\x1b";
pub const UP: &str = "\x1b[A";
pub const DOWN: &str = "\x1b[B";
pub const PAGE_UP: &str = "\x1b[5~";
pub const PAGE_DOWN: &str = "\x1b[6~";
pub const HOME: &str = "\x1b[H";
pub const END: &str = "\x1b[F";
pub const F1: &str = "\x1bOP";
pub const CTRL_C: &str = "\x03";
pub const CTRL_Q: &str = "\x11";
pub const CTRL_Z: &str = "\x1a";

/// A running program with its screen, keyboard and exit.
pub struct Terminal {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    keyboard: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
}

/// What the program has written so far.
struct Seen {
    parser: Parser,
    raw: Vec<u8>,
    ended: bool,
}

/// The modes a program may leave a terminal in.
#[derive(Debug, PartialEq, Eq)]
pub struct Modes {
    pub alternate_screen: bool,
    pub bracketed_paste: bool,
    pub mouse: bool,
    pub cursor_hidden: bool,
    /// Whether the kernel still echoes and edits lines, as a shell needs it.
    pub cooked: bool,
}

impl Modes {
    /// What a shell expects to come back to.
    pub const RESTORED: Modes =
        Modes { alternate_screen: false, bracketed_paste: false, mouse: false, cursor_hidden: false, cooked: true };
}

impl Terminal {
    /// Starts `program` on a terminal of `columns` × `rows`.
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(&str, &OsStr)],
        (columns, rows): (u16, u16),
    ) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal can be opened");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        for name in ["NO_COLOR", "COLORTERM", "TMUX", "KITTY_WINDOW_ID", "TERM_PROGRAM"] {
            command.env_remove(name);
        }
        command.env("TERM", "xterm-256color");
        command.env("TZ", "UTC");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program can be started");
        let seen = Seen { parser: parser(columns, rows), raw: Vec::new(), ended: false };
        let seen = Arc::new((Mutex::new(seen), Condvar::new()));
        let output = pair.master.try_clone_reader().expect("the terminal can be read");
        thread::spawn({
            let seen = Arc::clone(&seen);
            move || watch(output, &seen)
        });
        let keyboard = pair.master.take_writer().expect("the terminal can be written to");
        Terminal { seen, keyboard, master: pair.master, child }
    }

    /// Presses keys: text as it is, or one of the constants of this module.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).and_then(|()| self.keyboard.flush()).expect("keys can be pressed");
    }

    /// Types a line and presses Enter.
    pub fn enter(&mut self, line: &str) {
        self.press(line);
        self.press(ENTER);
    }

    /// Pastes, as a terminal with bracketed paste does.
    pub fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Changes the size of the window.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.lock().parser.set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).expect("the terminal can be resized");
    }

    /// Waits until `met` holds of the screen. Panics with the screen when it never does.
    #[track_caller]
    pub fn wait_for(&self, what: &str, met: impl Fn(&Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.lock();
        while !met(seen.parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.ended {
                let how = if seen.ended { "the program ended" } else { "nothing of it came" };
                panic!("waiting for {what}, but {how}; the screen:\n{}", lines(seen.parser.screen()));
            }
            let (guard, _) = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner);
            seen = guard;
        }
    }

    /// Waits until `words` are on the screen.
    #[track_caller]
    pub fn wait_text(&self, words: &str) {
        self.wait_for(&format!("`{words}`"), |screen| screen.contents().contains(words));
    }

    /// Waits until `words` are not on the screen any more.
    #[track_caller]
    pub fn wait_gone(&self, words: &str) {
        self.wait_for(&format!("`{words}` to go"), |screen| !screen.contents().contains(words));
    }

    /// Whether `words` are on the screen now.
    pub fn shows(&self, words: &str) -> bool {
        self.lock().parser.screen().contents().contains(words)
    }

    /// The screen as text, lines without blanks at their ends.
    pub fn text(&self) -> String {
        lines(self.lock().parser.screen())
    }

    /// Looks at the screen as it is.
    pub fn look<T>(&self, at: impl FnOnce(&Screen) -> T) -> T {
        at(self.lock().parser.screen())
    }

    /// Everything the program has written, control sequences included.
    pub fn raw(&self) -> Vec<u8> {
        self.lock().raw.clone()
    }

    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("the process has a number")
    }

    /// Waits until the program has ended and all it wrote has been seen.
    #[track_caller]
    pub fn wait_exit(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !seen.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the program does not end; the screen:\n{}", lines(seen.parser.screen()));
            let (guard, _) = self.seen.1.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner);
            seen = guard;
        }
        drop(seen);
        self.child.wait().expect("the exit status can be read")
    }

    /// The modes the terminal is in.
    pub fn modes(&self) -> Modes {
        let seen = self.lock();
        let screen = seen.parser.screen();
        let flags = self.master.get_termios().map(|termios| format!("{:?}", termios.local_flags)).unwrap_or_default();
        Modes {
            alternate_screen: screen.alternate_screen(),
            bracketed_paste: screen.bracketed_paste(),
            mouse: screen.mouse_protocol_mode() != MouseProtocolMode::None,
            cursor_hidden: screen.hide_cursor(),
            cooked: flags.contains("ICANON") && flags.contains("ECHO"),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Terminal {
    /// No test leaves a program behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what the program writes until it ends. On Linux the end is an error (EIO).
fn watch(mut output: Box<dyn Read + Send>, seen: &(Mutex<Seen>, Condvar)) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = output.read(&mut buffer).unwrap_or(0);
        let mut now = seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        now.raw.extend_from_slice(&buffer[..count]);
        now.parser.process(&buffer[..count]);
        now.ended = count == 0;
        seen.1.notify_all();
        if count == 0 {
            return;
        }
    }
}

/// The screen as text, lines without blanks at their ends.
pub fn lines(screen: &Screen) -> String {
    let lines: Vec<_> = screen.rows(0, screen.size().1.get()).map(|row| row.trim_end().to_owned()).collect();
    lines.join("\n")
}

fn parser(columns: u16, rows: u16) -> Parser {
    Parser::new(cells(rows), cells(columns), 0)
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has a size")
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
