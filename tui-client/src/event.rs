//! Everything that can happen, as one enum, and the tasks that feed it into ONE bounded channel: the terminal's keys, the
//! network, signals, the hosted server. Nothing else in the program waits for anything.

use crossterm::event::{self as terminal, EventStream, MouseButton, MouseEventKind};
use futures_util::StreamExt;
use tokio::{
    signal::unix::{self, SignalKind},
    sync::mpsc,
    task::JoinHandle,
};

use crate::{
    app::HostNews,
    keymap::Key,
    net::{LinkId, NetEvent},
    unsent::{Account, Found, Report},
};

/// How many events may wait. When the channel is full its feeders wait: the network stops reading, so a flood slows down
/// its sender and not the user.
pub const WAITING: usize = 1024;

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted, as the terminal gave it.
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has another size now; the next frame asks for it.
    Resize,
    /// The terminal's window got or lost the focus.
    Focus(bool),
    /// The terminal is gone.
    TerminalGone,
    /// The system wants something.
    Signal(Signal),
    /// Something happened on the link.
    Net(LinkId, NetEvent),
    /// The time that the application asked to be woken at has come.
    Due,
    /// The machine was asleep, or its clock was set.
    Woke,
    /// Something happened on the server in this program.
    Hosted(HostNews),
    /// The server in this program ended; why, if by itself.
    HostEnded(Option<String>),
    /// What earlier runs left of an account's words that were not confirmed.
    Unsent(Account, Found),
    /// What was to be kept under this number and all numbers before is on the disk, or cannot be kept.
    Kept(u64),
    /// An effect could not be performed; a sentence.
    Trouble(String),
}

impl From<(LinkId, NetEvent)> for Event {
    fn from((link, event): (LinkId, NetEvent)) -> Self {
        Event::Net(link, event)
    }
}

impl From<Report> for Event {
    fn from(report: Report) -> Self {
        match report {
            Report::Found(account, found) => Event::Unsent(account, found),
            Report::Kept(number) => Event::Kept(number),
            Report::Trouble(text) => Event::Trouble(text),
        }
    }
}

/// What the mouse did, and where on the screen, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub kind: MouseKind,
    /// The column.
    pub column: u16,
    /// The row.
    pub row: u16,
}

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MouseKind {
    /// The first button was pressed.
    Click,
    /// The wheel was turned away from the user.
    WheelUp,
    /// The wheel was turned towards the user.
    WheelDown,
}

/// What the system wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM, SIGINT or SIGHUP: end now.
    End,
    /// SIGTSTP: stop, as Ctrl-Z does.
    Stop,
    /// SIGCONT: we were stopped, and the terminal may have been used by others.
    Continue,
}

/// Feeds the terminal's events. Ends with [`Event::TerminalGone`] when there is no terminal any more.
pub fn feed_terminal(events: mpsc::Sender<Event>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut stream = EventStream::new();
        while let Some(Ok(event)) = stream.next().await {
            if let Some(event) = translated(event)
                && events.send(event).await.is_err()
            {
                return;
            }
        }
        // If nobody listens any more the program is ending already.
        let _ = events.send(Event::TerminalGone).await;
    })
}

fn translated(event: terminal::Event) -> Option<Event> {
    match event {
        terminal::Event::Key(key) => Key::from_event(key).map(Event::Key),
        terminal::Event::Paste(text) => Some(Event::Paste(text)),
        terminal::Event::Resize(_, _) => Some(Event::Resize),
        terminal::Event::FocusGained => Some(Event::Focus(true)),
        terminal::Event::FocusLost => Some(Event::Focus(false)),
        terminal::Event::Mouse(mouse) => {
            let kind = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseKind::Click,
                MouseEventKind::ScrollUp => MouseKind::WheelUp,
                MouseEventKind::ScrollDown => MouseKind::WheelDown,
                _ => return None,
            };
            Some(Event::Mouse(Mouse { kind, column: mouse.column, row: mouse.row }))
        }
    }
}

/// Feeds the signals.
///
/// # Errors
/// The system does not let us listen.
pub fn feed_signals(events: &mpsc::Sender<Event>) -> std::io::Result<Vec<JoinHandle<()>>> {
    let wanted = [
        (SignalKind::terminate(), Signal::End),
        (SignalKind::interrupt(), Signal::End),
        (SignalKind::hangup(), Signal::End),
        (SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()), Signal::Stop),
        (SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()), Signal::Continue),
    ];
    wanted
        .into_iter()
        .map(|(kind, signal)| {
            let mut stream = unix::signal(kind)?;
            let events = events.clone();
            Ok(tokio::spawn(async move {
                while stream.recv().await.is_some() {
                    if events.send(Event::Signal(signal)).await.is_err() {
                        return;
                    }
                }
            }))
        })
        .collect()
}

/// Feeds [`Event::Woke`]: a timer that the kernel calls off when the clock jumps, as it does when the machine wakes (Linux,
/// timerfd_create(2), `TFD_TIMER_CANCEL_ON_SET`). A thread waits for that as long as the program runs; nothing wakes it
/// otherwise.
///
/// # Errors
/// The system gives no such timer, or no thread.
#[cfg(target_os = "linux")]
pub fn feed_waking(events: mpsc::Sender<Event>) -> std::io::Result<()> {
    use rustix::{
        io::{Errno, read},
        time::{
            Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
        },
    };

    /// A time that never comes, in seconds since 1970: the year 2242.
    const NEVER: i64 = 1 << 33;
    let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::CLOEXEC)?;
    let [it_value, it_interval] = [NEVER, 0].map(|tv_sec| Timespec { tv_sec, tv_nsec: 0 });
    let never = Itimerspec { it_interval, it_value };
    let wait = move || {
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        // Any other answer means that the kernel has no such timer after all.
        while timerfd_settime(&timer, flags, &never).err().is_none_or(|error| error == Errno::CANCELED)
            && read(&timer, &mut [0; 8]) == Err(Errno::CANCELED)
            && events.blocking_send(Event::Woke).is_ok()
        {}
    };
    std::thread::Builder::new().name("waking".to_owned()).spawn(wait).map(drop)
}

/// Elsewhere nobody tells; the next deadline, at most 15 seconds later, finds out.
///
/// # Errors
/// None.
#[cfg(not(target_os = "linux"))]
pub fn feed_waking(_: mpsc::Sender<Event>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};

    use super::*;

    #[test]
    fn releases_and_motion_are_nothing() {
        let release = KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release);
        assert!(translated(terminal::Event::Key(release)).is_none());
        let motion = MouseEvent { kind: MouseEventKind::Moved, column: 1, row: 1, modifiers: KeyModifiers::NONE };
        assert!(translated(terminal::Event::Mouse(motion)).is_none());
    }
}
