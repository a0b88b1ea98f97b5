//! The only impure loop: receive, drain what is there, update, perform effects, draw at most once a frame. It owns the
//! terminal, the link and the clock, and decides nothing.

use std::{collections::VecDeque, io, time::Duration};

use klatch_protocol::UnixMs;
use rustix::process::{Signal, getpid, getsid, kill_current_process_group};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    app::{App, Effect},
    event::{self, Event},
    files::Paths,
    host::Host,
    net::{Link, LinkId, NetEvent, Target},
    notify,
    session::Now,
    terminal::Screen,
    trust::Trust,
    unsent::Keeper,
};

/// The shortest time between two frames: 60 a second.
const FRAME: Duration = Duration::from_millis(16);
/// The most events followed between two frames, so that a flood does not hold up what is typed.
const DRAIN: usize = 512;
/// The most lines that wait for the disk. When more gather, as if the link took nothing any more, it is given up.
const HELD: usize = 1_024;

/// The two clocks.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock whose steady time begins now.
    #[must_use]
    pub fn start() -> Self {
        Clock { start: Instant::now() }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Now {
        let mono = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Now { mono, wall: UnixMs(jiff::Timestamp::now().as_millisecond()) }
    }

    /// The moment of a steady time; one so far away that it cannot be told is a year from now.
    fn moment(&self, mono: u64) -> Instant {
        let year = Duration::from_secs(365 * 24 * 3_600);
        self.start.checked_add(Duration::from_millis(mono)).unwrap_or_else(|| Instant::now() + year)
    }
}

/// Runs `program` to its end. What is still under way on threads that wait for the system then, such as the search for a
/// name that no name server answers, is not waited for: nobody wants its result any more.
///
/// # Errors
/// The system gives no threads.
pub fn run<F: Future>(builder: &mut tokio::runtime::Builder, program: F) -> io::Result<F::Output> {
    let runtime = builder.build()?;
    let output = runtime.block_on(program);
    runtime.shutdown_background();
    Ok(output)
}

/// What the loop works with.
pub struct Runtime {
    app: App,
    clock: Clock,
    screen: Screen,
    trust: Trust,
    paths: Paths,
    host: Option<Host>,
    link: Option<Link>,
    keeper: Keeper,
    /// The number under which something was kept last, and the last that is on the disk.
    kept: u64,
    durable: u64,
    /// Lines of the present link that leave when what was kept under their number is on the disk.
    held: VecDeque<(u64, String)>,
    /// Links that are ending.
    ending: JoinSet<()>,
    last_link: u64,
    events: mpsc::Sender<Event>,
    arriving: mpsc::Receiver<Event>,
}

/// What became of waiting.
enum Next {
    /// What was there was followed; whether there was anything.
    Followed(bool),
    /// The program ends, with these words where it was started.
    Exit(Option<String>),
}

/// What an effect leads to besides itself.
enum Outcome {
    /// Nothing.
    Done,
    /// The application has to know this.
    Tell(Event),
    /// The program ends, with these words where it was started.
    Exit(Option<String>),
}

impl Runtime {
    /// Brings the parts together. `screen` is taken already, so that the first frame is not held up.
    ///
    /// # Errors
    /// The system has no thread for what writes to the disk.
    pub fn new(
        app: App,
        clock: Clock,
        screen: Screen,
        trust: Trust,
        paths: Paths,
        host: Option<Host>,
    ) -> io::Result<Self> {
        let (events, arriving) = mpsc::channel(event::WAITING);
        let reports = events.clone();
        // At the end nobody listens any more, and what was to be told is of no interest.
        let keeper = Keeper::start(paths.clone(), move |report| drop(reports.blocking_send(report.into())))?;
        let (link, ending, held) = (None, JoinSet::new(), VecDeque::new());
        let (last_link, kept, durable) = (0, 0, 0);
        Ok(Runtime {
            app,
            clock,
            screen,
            trust,
            paths,
            host,
            link,
            keeper,
            kept,
            durable,
            held,
            ending,
            last_link,
            events,
            arriving,
        })
    }

    /// Runs until the program is to end. Gives the words to print where it was started.
    ///
    /// # Errors
    /// The system does not let us listen to its signals.
    pub async fn run(mut self) -> io::Result<Option<String>> {
        let mut feeders = event::feed_signals(&self.events)?;
        feeders.push(event::feed_terminal(self.events.clone()));
        // Where there is no such timer a sleep is noticed later, but it is noticed.
        let _ = event::feed_waking(self.events.clone());
        feeders.extend(self.host.as_ref().map(|host| host.feed(self.events.clone())));
        let words = self.turns().await;
        feeders.iter().for_each(tokio::task::JoinHandle::abort);
        // The user gets the terminal back before anything that may take its time.
        let Runtime { host, link, keeper, held, mut ending, screen, arriving, .. } = self;
        drop(screen);
        // The keeper does not wait for anybody to listen any more.
        drop(arriving);
        keeper.finish();
        if let Some(link) = link {
            // What waited for the disk leaves now; a link that takes nothing is gone.
            let _ = held.into_iter().all(|(_, line)| link.send(line));
            link.close().await;
        }
        while ending.join_next().await.is_some() {}
        let host_ended = match host {
            Some(host) => host.stop().await.err(),
            None => None,
        };
        Ok(host_ended.or(words))
    }

    async fn turns(&mut self) -> Option<String> {
        let mut drawn: Option<Instant> = None;
        let mut stale = true;
        loop {
            let effects = self.app.settle();
            if let Some(words) = self.perform(effects) {
                return words;
            }
            if stale && drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME) {
                drawn = Some(Instant::now());
                // What is on screen now may call for more, older lines above all.
                let effects = match self.screen.draw(|frame| self.app.draw(frame)) {
                    Ok(()) => self.app.settle(),
                    Err(_) => self.app.update(self.clock.now(), Event::TerminalGone),
                };
                stale = !effects.is_empty();
                if let Some(words) = self.perform(effects) {
                    return words;
                }
            }
            let next_frame = drawn.filter(|_| stale).map(|drawn| drawn + FRAME);
            match self.next_events(next_frame).await {
                Next::Followed(any) => stale |= any,
                Next::Exit(words) => return words,
            }
        }
    }

    /// Waits for an event, the next frame or what the application waits for, and follows all that is there.
    async fn next_events(&mut self, next_frame: Option<Instant>) -> Next {
        let due = self.app.deadline().map(|mono| self.clock.moment(mono));
        let wake = [due, next_frame].into_iter().flatten().min();
        let mut next = tokio::select! {
            // The channel stays open: `self` holds a sender.
            event = self.arriving.recv() => event,
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => None,
        };
        let mut any = false;
        let mut left = DRAIN;
        while let Some(event) = next {
            any = true;
            if let Some(words) = self.follow(event) {
                return Next::Exit(words);
            }
            left -= 1;
            next = if left > 0 { self.arriving.try_recv().ok() } else { None };
        }
        if due.is_some_and(|due| due <= Instant::now()) {
            any = true;
            if let Some(words) = self.follow(Event::Due) {
                return Next::Exit(words);
            }
        }
        Next::Followed(any)
    }

    fn follow(&mut self, event: Event) -> Option<Option<String>> {
        // What an old link still says is of no interest.
        if let Event::Net(id, _) = &event
            && self.link.as_ref().is_none_or(|link| link.id() != *id)
        {
            return None;
        }
        if let Event::Kept(number) = event {
            return self.release(number);
        }
        let effects = self.app.update(self.clock.now(), event);
        self.perform(effects)
    }

    /// What was kept up to `number` is on the disk: the lines that waited for it leave.
    fn release(&mut self, number: u64) -> Option<Option<String>> {
        self.durable = number;
        while let Some((_, line)) = self.held.pop_front_if(|(waits_for, _)| *waits_for <= number) {
            if let Outcome::Tell(event) = self.send(line) {
                let effects = self.app.update(self.clock.now(), event);
                return self.perform(effects);
            }
        }
        None
    }

    /// Performs effects in their order; `Some` when the program is to end.
    fn perform(&mut self, effects: Vec<Effect>) -> Option<Option<String>> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match self.perform_one(effect) {
                Outcome::Done => {}
                Outcome::Tell(event) => effects.extend(self.app.update(self.clock.now(), event)),
                Outcome::Exit(words) => return Some(words),
            }
        }
        None
    }

    fn perform_one(&mut self, effect: Effect) -> Outcome {
        let of_terminal = |done: io::Result<()>| match done {
            Ok(()) => Outcome::Done,
            Err(_) => Outcome::Tell(Event::TerminalGone),
        };
        match effect {
            Effect::Dial { target, known } => {
                let known = known.or_else(|| self.trust.known(&target));
                self.last_link += 1;
                self.held.clear();
                self.link = Some(Link::open(LinkId(self.last_link), target, known, self.events.clone()));
                Outcome::Done
            }
            Effect::Line(line) => self.send_later(line),
            Effect::HangUp => {
                // Messages among them are kept, and what became of them is found out the next time.
                self.held.clear();
                self.ending.spawn_close(self.link.take());
                Outcome::Done
            }
            Effect::Trust { target, seen } => self.keep_trust(&target, seen),
            Effect::Remember(recent) => match recent.write(&self.paths) {
                Ok(()) => Outcome::Done,
                Err(error) => {
                    let path = self.paths.recent();
                    Outcome::Tell(Event::Trouble(format!(
                        "the form cannot be remembered in {}: {error}",
                        path.display()
                    )))
                }
            },
            Effect::Recall(account) => {
                self.keeper.recall(account);
                Outcome::Done
            }
            Effect::Keep(account, messages) => {
                self.kept = self.keeper.keep(account, messages);
                Outcome::Done
            }
            Effect::Title(text) => of_terminal(self.screen.send(&notify::title(&text))),
            Effect::Bell => of_terminal(self.screen.send(notify::BELL)),
            Effect::Notify(text) => of_terminal(self.screen.send(&notify::notification(&text))),
            Effect::Mouse(on) => of_terminal(self.screen.set_mouse(on)),
            Effect::Repaint => of_terminal(self.screen.forget()),
            Effect::Retake => of_terminal(self.screen.while_given_back(|| {})),
            Effect::Suspend => self.suspend(),
            Effect::Exit(words) => Outcome::Exit(words),
        }
    }

    /// Sends a line, behind all that has to be on the disk before it.
    fn send_later(&mut self, line: String) -> Outcome {
        if self.durable >= self.kept {
            return self.send(line);
        }
        if self.held.len() >= HELD {
            return self.give_up_link("the disk does not take what is to be sent");
        }
        self.held.push_back((self.kept, line));
        Outcome::Done
    }

    fn send(&mut self, line: String) -> Outcome {
        if self.link.as_ref().is_none_or(|link| link.send(line)) {
            return Outcome::Done;
        }
        self.give_up_link("the server takes nothing any more")
    }

    fn give_up_link(&mut self, reason: &str) -> Outcome {
        self.held.clear();
        match self.link.take() {
            Some(link) => Outcome::Tell(Event::Net(link.id(), NetEvent::Closed { reason: reason.to_owned() })),
            None => Outcome::Done,
        }
    }

    fn keep_trust(&mut self, target: &Target, seen: klatch_protocol::Fingerprint) -> Outcome {
        match self.trust.trust(target, seen) {
            Ok(()) => Outcome::Done,
            Err(error) => Outcome::Tell(Event::Trouble(format!("the key is trusted for now, but not kept: {error}"))),
        }
    }

    /// Stops the program as Ctrl-Z does elsewhere. The whole process group stops, because a `cargo run` in front of us
    /// has to stop as well for the shell to notice.
    fn suspend(&mut self) -> Outcome {
        // The leader of a session has no shell above it that could continue it.
        if getsid(None).is_ok_and(|session| session == getpid()) {
            let text = "klatch was not started from a shell, so there is nothing to go back to";
            return Outcome::Tell(Event::Trouble(text.to_owned()));
        }
        let stopped = self.screen.while_given_back(|| {
            // If it fails we simply go on.
            let _ = kill_current_process_group(Signal::STOP);
        });
        match stopped {
            Ok(()) => Outcome::Done,
            Err(_) => Outcome::Tell(Event::TerminalGone),
        }
    }
}

/// Ends links aside, so that the loop does not wait for them.
trait SpawnClose {
    fn spawn_close(&mut self, link: Option<Link>);
}

impl SpawnClose for JoinSet<()> {
    fn spawn_close(&mut self, link: Option<Link>) {
        // Those that have ended need not be kept.
        while self.try_join_next().is_some() {}
        if let Some(link) = link {
            self.spawn(link.close());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc as threads;

    use super::*;

    #[test]
    fn at_the_end_nothing_waits_for_the_system() {
        let (release, released) = threads::channel::<()>();
        let program = async {
            let (started, has_started) = tokio::sync::oneshot::channel();
            tokio::task::spawn_blocking(move || {
                let _ = started.send(());
                // In the end it gives up, so that a program that waits for it fails here rather than never.
                released.recv_timeout(Duration::from_secs(20))
            });
            has_started.await
        };
        run(&mut tokio::runtime::Builder::new_current_thread(), program).unwrap().unwrap();
        assert!(release.send(()).is_ok(), "it has been waited for");
    }
}
