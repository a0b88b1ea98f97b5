//! The terminal: taken at the start, given back on every way out. Owns the modes that are switched on and the frame
//! buffer; knows nothing of what is drawn.
//!
//! Whatever ends the program (quit, a signal, a panic, a broken pipe) goes through [`restore`], which does its work once
//! and ignores errors, because a terminal that cannot be written to any more needs no restoring.

use std::{
    env,
    io::{self, BufWriter, Stdout, Write},
    panic, process,
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use ratatui::{Frame, Terminal, backend::CrosstermBackend, layout::Rect};

/// Title kept on the terminal's stack, alternate screen, bracketed paste, focus reports; cursor hidden until a frame
/// shows it.
const ENTER: &str = "\x1b[22;2t\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?25l";
/// Everything that [`ENTER`], [`MOUSE_ON`] and [`KITTY_ON`] do, undone in the opposite order; the keyboard flags belong to
/// the alternate screen, so they go before it. What was not on is not harmed by being switched off.
const LEAVE: &str = "\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l\x1b[23;2t";
/// Buttons and wheel, no motion (1000), in the form without a column limit (1006).
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";
/// Kitty keyboard protocol, flag 1: keys that share a byte are told apart.
const KITTY_ON: &str = "\x1b[>1u";
const KITTY_OFF: &str = "\x1b[<1u";
/// Synchronized output (DEC 2026): a terminal that has it shows the frame at once, others ignore both.
const FRAME_BEGIN: &str = "\x1b[?2026h";
const FRAME_END: &str = "\x1b[?2026l";

/// Whether the terminal is ours now. Beside the terminal itself, which there is only one of, because a panic hook has no
/// other way to know.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether [`KITTY_ON`] was sent; popping what was never pushed would take the shell's own flags.
static KITTY: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Gives it back when dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Tty>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal and sees to it that a panic gives it back before it is reported.
    ///
    /// # Errors
    /// Standard output is no terminal, or cannot be written to.
    pub fn take(mouse: bool) -> io::Result<Self> {
        restore_on_panic();
        let backend = CrosstermBackend::new(Tty(BufWriter::with_capacity(64 * 1024, io::stdout())));
        let mut screen = Screen { terminal: Terminal::new(backend)?, mouse };
        screen.enter()?;
        Ok(screen)
    }

    fn enter(&mut self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let kitty = tells_keys_apart(|name| env::var(name).ok());
        KITTY.store(kitty, Ordering::SeqCst);
        self.write(ENTER)?;
        self.write(if self.mouse { MOUSE_ON } else { "" })?;
        self.write(if kitty { KITTY_ON } else { "" })?;
        self.flush()
    }

    /// Draws one frame, only what is different from the last one, and shows it at once.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn draw(&mut self, frame: impl FnOnce(&mut Frame)) -> io::Result<()> {
        self.write(FRAME_BEGIN)?;
        self.terminal.draw(frame)?;
        self.write(FRAME_END)?;
        self.flush()
    }

    /// Forgets what is on the screen, so that the next frame is drawn in full.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn forget(&mut self) -> io::Result<()> {
        // Not `Terminal::clear`: that asks the terminal for the cursor's place, and the answer would race with the keys.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Takes the mouse, or leaves it to the terminal's own selection.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        self.send(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Sends a control sequence made by [`crate::notify`].
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn send(&mut self, sequence: &str) -> io::Result<()> {
        self.write(sequence)?;
        self.flush()
    }

    /// Gives the terminal back for as long as `meanwhile` runs, then takes it again and forgets what was on it.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn while_given_back(&mut self, meanwhile: impl FnOnce()) -> io::Result<()> {
        restore();
        meanwhile();
        self.enter()?;
        self.forget()
    }

    fn write(&mut self, sequence: &str) -> io::Result<()> {
        self.terminal.backend_mut().write_all(sequence.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(self.terminal.backend_mut())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// The way to the terminal. Once it was given back nothing goes there any more, above all not the last wish of ratatui,
/// which would complain about a terminal that is gone, and fail at that where standard error is gone with it.
struct Tty(BufWriter<Stdout>);

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if TAKEN.load(Ordering::SeqCst) { self.0.write(bytes) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if TAKEN.load(Ordering::SeqCst) { self.0.flush() } else { Ok(()) }
    }
}

/// Gives the terminal back. Does nothing if it is not ours, so it may be called any number of times.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // Whether this arrives cannot be helped any more: see the head of this file.
    if KITTY.swap(false, Ordering::SeqCst) {
        let _ = out.write_all(KITTY_OFF.as_bytes());
    }
    let _ = out.write_all(LEAVE.as_bytes());
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// A panic in any thread or task gives the terminal back, is reported as ever, and ends the program: with a part of it
/// gone, what is on screen could not be trusted.
fn restore_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        restore();
        report(info);
        process::exit(101);
    }));
}

/// Whether the terminal knows the kitty keyboard protocol, by the name it gives itself. Asking it (`CSI ? u`) would hold
/// up the first frame on terminals that do not answer, and their late answers would arrive as typed text.
fn tells_keys_apart(variable: impl Fn(&str) -> Option<String>) -> bool {
    let term = variable("TERM").unwrap_or_default();
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    // Inside a multiplexer the outer terminal's name may still be in the environment.
    let multiplexed = term.starts_with("tmux") || term.starts_with("screen") || variable("TMUX").is_some();
    let known = ["xterm-kitty", "xterm-ghostty", "foot", "alacritty", "contour", "rio"];
    let known_programs = ["ghostty", "rio"];
    !multiplexed && (known.iter().any(|name| term.starts_with(name)) || known_programs.contains(&program.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_that_is_switched_on_is_switched_off() {
        for sequence in [ENTER, MOUSE_ON, FRAME_BEGIN] {
            for mode in sequence.split('\x1b').filter(|part| part.starts_with("[?") && part.ends_with('h')) {
                assert!(LEAVE.contains(&mode.replace('h', "l")), "{mode} is not undone");
            }
        }
        assert!(LEAVE.contains("\x1b[?25h"), "the cursor is shown again");
        assert!(LEAVE.ends_with("\x1b[23;2t"), "the title comes back from the stack");
    }

    #[test]
    fn the_keyboard_protocol_is_used_only_where_it_is_known() {
        let ask = |pairs: &'static [(&'static str, &'static str)]| {
            tells_keys_apart(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(ask(&[("TERM", "xterm-kitty")]));
        assert!(ask(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "ghostty")]));
        assert!(!ask(&[("TERM", "tmux-256color"), ("TERM_PROGRAM", "ghostty")]));
        assert!(!ask(&[("TERM", "xterm-256color")]));
        assert!(!ask(&[("TERM", "linux")]));
    }
}
