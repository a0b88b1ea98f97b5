//! The whole surface of the session: what it is asked, what it says, what it reports. Plain data; every text in an
//! [`Event`] has been cleaned and may be shown as it is.

use klatch_protocol::{CaseMapping, UnixMs};

use super::Failure;

/// The two clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds that never go back, for deadlines. Starts anywhere.
    pub mono: u64,
    /// The wall clock, for what people see. May jump.
    pub wall: UnixMs,
}

/// What the session wants done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Send this line; CR LF is to be added.
    Send(String),
    /// Something the model should know.
    Event(Event),
    /// Close the connection after what was sent before, then call [`Session::lost`](super::Session::lost). The text
    /// says why.
    Close(String),
}

/// Something the user wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Say something. Newlines and over-long text make several messages of it. Kept and sent later while offline.
    Say {
        /// A room's name or a nick.
        to: String,
        /// The words.
        text: String,
        /// In which manner.
        manner: Manner,
    },
    /// Send again what was refused in a place.
    Again {
        /// A room's name or a nick.
        to: String,
    },
    /// Go into a room.
    Join {
        /// The room.
        room: String,
        /// Its key, where it has one.
        key: Option<String>,
    },
    /// Leave a room.
    Part {
        /// The room.
        room: String,
        /// Why.
        reason: Option<String>,
    },
    /// Set a topic (an empty one clears it), or ask for it.
    Topic {
        /// The room.
        room: String,
        /// The new one.
        text: Option<String>,
    },
    /// Fetch what was said before `before`, the oldest line there is.
    Older {
        /// A room's name or a nick.
        place: String,
        /// The message id, where known, and the time of the oldest line.
        before: (Option<String>, UnixMs),
    },
    /// Tell the others whether we are typing. Sent at most every three seconds.
    Typing {
        /// A room's name or a nick.
        to: String,
        /// What we do.
        state: Typing,
    },
    /// Be away with these words, or back.
    Away(Option<String>),
    /// Change the display name.
    SetName(String),
    /// Change the nick.
    Nick(String),
    /// Give a room another name.
    Rename {
        /// The room.
        room: String,
        /// The new name.
        name: String,
        /// Why.
        reason: Option<String>,
    },
    /// Throw somebody out of a room.
    Kick {
        /// The room.
        room: String,
        /// Who.
        nick: String,
        /// Why.
        reason: Option<String>,
    },
    /// Ask somebody into a room.
    Invite {
        /// Who.
        nick: String,
        /// Where to.
        room: String,
    },
    /// Ask about one person.
    Whois(String),
    /// Ask about many.
    Who(String),
    /// Ask for the rooms.
    List(Option<String>),
    /// Ask who is in a room.
    Names(String),
    /// Ask for or change modes.
    Mode {
        /// A room's name or a nick.
        target: String,
        /// The change, as in the protocol; empty to ask.
        change: String,
    },
    /// Send a line as it is.
    Raw(String),
    /// Leave the server.
    Quit(Option<String>),
}

/// How something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// PRIVMSG.
    Plain,
    /// `/me`: PRIVMSG with CTCP ACTION.
    Action,
    /// NOTICE.
    Notice,
}

/// Whether somebody is typing (ircv3.net "typing client tag").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    /// Typing.
    Active,
    /// Has typed and thinks.
    Paused,
    /// Has stopped.
    Done,
}

/// Names one of our own messages within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutId(pub u64);

/// One of our own messages that is not confirmed, as it is kept while klatch does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// Where it goes.
    pub place: Place,
    /// The words as they travel.
    pub text: String,
    /// In which manner.
    pub manner: Manner,
    /// What it is stamped with.
    pub nonce: String,
    /// When it was sent, if it was; then it may have arrived.
    pub sent: Option<UnixMs>,
}

/// How far one of our own messages has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Waits for a connection.
    Queued,
    /// On its way.
    Sent,
    /// The server has it, under this id and time where it told them.
    Done {
        /// The message id.
        id: Option<String>,
        /// The server's time.
        at: UnixMs,
    },
    /// The server does not want it, or nobody can tell whether it has it; why.
    Refused(String),
}

/// Where something is said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// In a room, by its name.
    Room(String),
    /// With one person, by nick.
    Direct(String),
    /// The server's own window.
    Server,
}

/// Where something is shown that nobody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Window {
    /// Where the user looks.
    Active,
    /// The room or conversation with this name if it is open, else where the user looks.
    Named(String),
    /// The server's own window.
    Server,
}

/// A person as the server told of them. What is `None` was not told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// The nick.
    pub nick: String,
    /// The display name.
    pub display: Option<String>,
    /// The account; empty when it was told that there is none.
    pub account: Option<String>,
    /// Whether an operator of the room.
    pub operator: Option<bool>,
    /// Whether away.
    pub away: Option<bool>,
}

/// Something somebody said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// The server's message id.
    pub id: Option<String>,
    /// The server's time, or ours where it has none.
    pub at: UnixMs,
    /// Who, by nick.
    pub nick: String,
    /// Their account, where told.
    pub account: Option<String>,
    /// The words.
    pub text: String,
    /// In which manner.
    pub manner: Manner,
    /// Whether we said it ourselves (on this or another device).
    pub mine: bool,
}

/// Something that was said is taken back (ircv3.net "message-redaction").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// Where it was said.
    pub place: Place,
    /// Its message id.
    pub id: String,
    /// Who takes it back, by nick.
    pub by: String,
    /// Why, if told.
    pub reason: Option<String>,
}

/// A page of what was said earlier, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where.
    pub place: Place,
    /// Which part.
    pub part: Part,
    /// What was said.
    pub lines: Vec<Spoken>,
    /// For [`Part::Latest`] and [`Part::Before`]: whether there is nothing older.
    pub complete: bool,
}

/// Which part of a history a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The newest there is.
    Latest,
    /// What comes before the oldest line known.
    Before,
    /// What was missed while the connection was broken.
    Missed,
}

/// How far signing in has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Finding out what the server can do.
    Greeting,
    /// The account is being made.
    SigningUp,
    /// The password is being checked.
    SigningIn,
    /// Going in.
    Entering,
}

/// Why the session ended for good: there is no use in connecting again by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// We left.
    Quit,
    /// The server was shut down.
    Shutdown,
    /// The account went on on another device.
    TakenOver,
    /// An operator of the server threw us out.
    Kicked,
    /// Signing in was refused.
    Refused,
}

/// Something that happened. All text in it is clean.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Signing in goes on.
    Stage(Stage),
    /// Signing in failed; [`Output::Close`] follows.
    Failed(Failure),
    /// We are in: the server's welcome.
    Welcome {
        /// Our nick, which the server may have chosen.
        nick: String,
        /// What the network calls itself, or the server's name.
        network: String,
        /// Whether this is the first time, not a return after a broken connection.
        first: bool,
        /// Whether the server keeps a history that can be asked for.
        history: bool,
    },
    /// The network's name became known or changed.
    Network(String),
    /// Which names are the same here, where that is not what was known before ([`CaseMapping::Ascii`] at first).
    Names(CaseMapping),
    /// The connection is gone; everybody is unknown until it returns.
    Lost,
    /// Somebody, perhaps we, came into a room.
    Joined {
        /// The room.
        room: String,
        /// Who.
        person: Person,
        /// Whether it was us.
        mine: bool,
        /// When.
        at: UnixMs,
    },
    /// Somebody, perhaps we, left a room.
    Parted {
        /// The room.
        room: String,
        /// Who.
        nick: String,
        /// Why, if told.
        reason: Option<String>,
        /// Who threw them out, if somebody did.
        kicked_by: Option<String>,
        /// Whether it was us.
        mine: bool,
        /// When.
        at: UnixMs,
    },
    /// Somebody left the server.
    Quit {
        /// Who.
        nick: String,
        /// Why, if told.
        reason: Option<String>,
        /// When.
        at: UnixMs,
    },
    /// Somebody, perhaps we, has another nick now.
    Renamed {
        /// The nick before.
        old: String,
        /// The nick now.
        new: String,
        /// Whether it was us.
        mine: bool,
        /// When.
        at: UnixMs,
    },
    /// A room that we are in has another name now.
    RoomRenamed {
        /// The name before.
        from: String,
        /// The name now.
        to: String,
        /// Who gave it.
        by: String,
        /// Why, if told.
        reason: Option<String>,
        /// When.
        at: UnixMs,
    },
    /// Everybody in a room; replaces what was known, but keeps the details of who stays.
    Present {
        /// The room.
        room: String,
        /// Everybody.
        people: Vec<Person>,
    },
    /// More about somebody: in one room, or wherever they are.
    About {
        /// The room that ranks belong to.
        room: Option<String>,
        /// What is known now.
        person: Person,
    },
    /// Somebody became or ceased to be an operator of a room.
    Operator {
        /// The room.
        room: String,
        /// Who.
        nick: String,
        /// Whether they are now.
        operator: bool,
        /// Who did it.
        by: String,
        /// When.
        at: UnixMs,
    },
    /// A room's topic.
    Topic {
        /// The room.
        room: String,
        /// The topic; empty for none.
        text: String,
        /// Who changed it and when, if it was changed just now.
        changed: Option<(String, UnixMs)>,
    },
    /// Somebody said something.
    Said {
        /// Where.
        place: Place,
        /// What.
        spoken: Spoken,
    },
    /// Something that was said was taken back.
    Redacted(Redaction),
    /// Somebody types, or has stopped.
    Typing {
        /// Where.
        place: Place,
        /// Who.
        nick: String,
        /// What they do.
        state: Typing,
    },
    /// A message of our own came into being.
    Outgoing {
        /// Its name.
        out: OutId,
        /// Where.
        place: Place,
        /// The words.
        text: String,
        /// In which manner.
        manner: Manner,
        /// When.
        at: UnixMs,
        /// How far it has come.
        fate: Fate,
    },
    /// A message of our own got further.
    Fate {
        /// Which.
        out: OutId,
        /// How far.
        fate: Fate,
    },
    /// A page of history.
    History(Page),
    /// Nothing is missing any more: what was missed has been fetched.
    CaughtUp(Place),
    /// What was missed could not be fetched.
    StillMissing(Place),
    /// Older lines could not be fetched; why.
    OlderFailed {
        /// Where.
        place: Place,
        /// Why.
        reason: String,
    },
    /// We are away now, or back.
    Away(bool),
    /// Somebody asks us into a room.
    Invited {
        /// The room.
        room: String,
        /// Who asks.
        by: String,
        /// When.
        at: UnixMs,
    },
    /// Something to know.
    Info {
        /// Where to show it.
        window: Window,
        /// The words.
        text: String,
        /// When.
        at: UnixMs,
    },
    /// Something went wrong.
    Error {
        /// Where to show it.
        window: Window,
        /// The words.
        text: String,
        /// When.
        at: UnixMs,
    },
    /// The server will be shut down.
    ShuttingDown {
        /// Seconds until then, if told.
        seconds: Option<u64>,
        /// The server's words.
        text: String,
    },
    /// The server restarts and will be back.
    Restarting {
        /// The server's words.
        text: String,
    },
    /// The account went on on another device.
    TakenOver {
        /// The server's words.
        text: String,
    },
}
