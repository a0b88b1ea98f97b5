//! The loop: take what came, let the hub handle it, make it durable, and only then let anybody hear of it.

use std::{collections::HashMap, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};

use super::{Order, ServeError, switchboard::Switchboard};
use crate::{
    auth::Passwords,
    clock::Clock,
    hub::{
        Hub,
        io::{Effects, Input, News, OperatorAnswer, OperatorVerb, Ticket, Write},
    },
    net::{Arrival, Parcel},
    store::{StoreError, StoreWorker},
};

/// The most inputs of one turn: enough to share a commit, few enough to keep the first of them from waiting long.
const BURST: usize = 1024;
/// How long a disk that takes nothing is left alone before the next try.
const REFUSED_PAUSE: Duration = Duration::from_millis(250);

/// What the loop is made of.
pub(super) struct Parts {
    pub(super) clock: Clock,
    pub(super) hub: Hub,
    pub(super) store: StoreWorker,
    pub(super) passwords: Passwords,
    /// From connections. Bounded: while the loop is busy they wait.
    pub(super) arrivals: mpsc::Receiver<Arrival>,
    /// From the store and from password work. Has room for every question that was taken, so they never wait.
    pub(super) answers: mpsc::Receiver<Input>,
    /// To connections.
    pub(super) parcels: mpsc::Sender<Vec<Parcel>>,
    /// From the operator.
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) news: broadcast::Sender<News>,
    /// Where to ask for the settings to be read again.
    pub(super) reloads: mpsc::Sender<()>,
}

/// The loop.
pub(super) struct Turns {
    parts: Parts,
    switchboard: Switchboard,
    /// What the next turn begins with: what one had no room for, and answers that needed no waiting.
    ready: Vec<Input>,
    /// Who waits for which of the hub's answers to the operator.
    asked: HashMap<Ticket, oneshot::Sender<OperatorAnswer>>,
    last_ticket: u64,
    /// What ends the server.
    fault: Option<StoreError>,
    arrived: Vec<Arrival>,
}

impl Turns {
    pub(super) fn new(parts: Parts) -> Self {
        Turns {
            parts,
            switchboard: Switchboard::default(),
            ready: Vec::new(),
            asked: HashMap::new(),
            last_ticket: 0,
            fault: None,
            arrived: Vec::with_capacity(BURST),
        }
    }

    /// Turns until the hub wants to end or the store fails. Gives the store back to be closed; all outboxes are closed.
    pub(super) async fn run(mut self) -> (Result<(), ServeError>, StoreWorker) {
        let result = loop {
            match self.turn().await {
                Ok(false) => {}
                Ok(true) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        if result.is_err() {
            // Told to end, the hub has said so to everybody; a fault it knows nothing of.
            self.switchboard.tell_all(&Bytes::from_static(b"ERROR :The server stopped by a fault\r\n"));
        }
        self.switchboard.close_all();
        self.hand_over().await;
        (result, self.parts.store)
    }

    /// One turn. `true` when it was the last.
    async fn turn(&mut self) -> Result<bool, ServeError> {
        let mut burst = self.gather().await.into_iter();
        if let Some(fault) = self.fault.take() {
            return Err(ServeError::Damaged(fault));
        }
        let mut effects = Effects::default();
        let now = self.parts.clock.now();
        let mut gone = Vec::new();
        for input in burst.by_ref() {
            if let Input::Closed { conn, .. } = &input {
                gone.push(*conn);
            }
            self.parts.hub.handle(now, input, &mut effects);
            if effects.is_full() {
                break;
            }
        }
        // What is over begins the next turn, when this was handed over.
        self.ready.extend(burst);
        if !effects.writes.is_empty() {
            self.commit(std::mem::take(&mut effects.writes)).await?;
        }
        let stop = effects.stop;
        self.release(effects);
        for conn in gone {
            self.switchboard.close(conn);
        }
        self.hand_over().await;
        Ok(stop)
    }

    /// Waits for something to do and takes what is there.
    async fn gather(&mut self) -> Vec<Input> {
        let mut burst = std::mem::take(&mut self.ready);
        let deadline = self.parts.hub.next_deadline().map(|mono| Instant::from_std(self.parts.clock.instant(mono)));
        if burst.is_empty() {
            // Each arm is cancel-safe: what is not taken stays where it is.
            tokio::select! {
                _ = self.parts.arrivals.recv_many(&mut self.arrived, BURST) => {}
                Some(answer) = self.parts.answers.recv() => self.answered(answer, &mut burst),
                order = self.parts.orders.recv() => self.ordered(order.unwrap_or_else(Order::abandoned), &mut burst),
                () = at(deadline) => {}
            }
        }
        while burst.len() + self.arrived.len() < BURST
            && let Ok(arrival) = self.parts.arrivals.try_recv()
        {
            self.arrived.push(arrival);
        }
        for arrival in self.arrived.drain(..) {
            burst.push(match arrival {
                Arrival::Opened { conn, peer, outbox, stay } => {
                    self.switchboard.open(conn, outbox, stay);
                    Input::Open { conn, peer }
                }
                Arrival::Input(input) => input,
            });
        }
        while let Ok(answer) = self.parts.answers.try_recv() {
            self.answered(answer, &mut burst);
        }
        while let Ok(order) = self.parts.orders.try_recv() {
            self.ordered(order, &mut burst);
        }
        // After the lines: a deadline for silence has to see what was said while the loop was busy.
        let is_due = deadline.is_some_and(|deadline| deadline <= Instant::now());
        if is_due && !burst.iter().any(|input| matches!(input, Input::Tick)) {
            burst.push(Input::Tick);
        }
        burst
    }

    fn answered(&mut self, answer: Input, burst: &mut Vec<Input>) {
        match answer {
            Input::Auth { .. } => self.parts.passwords.answered(),
            _ => self.parts.store.answered(),
        }
        burst.push(answer);
    }

    fn ordered(&mut self, order: Order, burst: &mut Vec<Input>) {
        burst.push(match order {
            Order::Verb(verb, reply) => Input::Operator { ticket: self.await_answer(reply), verb },
            Order::Policy(policy, reply) => Input::Decide { ticket: self.await_answer(reply), policy },
            Order::Reread(outcome) => Input::Reread { outcome },
            Order::Fault(fault) => {
                self.fault = Some(fault);
                return;
            }
        });
    }

    fn await_answer(&mut self, reply: oneshot::Sender<OperatorAnswer>) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.asked.insert(ticket, reply);
        ticket
    }

    /// Makes the burst durable. Where that is refused, as by a full disk, it is tried again until it is not, or the operator
    /// wants to end.
    async fn commit(&mut self, mut writes: Vec<Write>) -> Result<(), ServeError> {
        let mut refused = false;
        loop {
            match self.parts.store.commit(writes).await {
                Ok(()) => break,
                Err((error, back)) if error.may_pass() => {
                    if !refused {
                        tracing::error!("{error}; until then nothing is saved, and nobody is told anything");
                        refused = true;
                    }
                    writes = back;
                    self.pause(error).await?;
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
        if refused {
            tracing::warn!("the disk takes what is written again; everything was saved, and people are told");
        }
        Ok(())
    }

    /// Waits a while. An operator who wants to end meanwhile ends, with nothing saved and nobody told.
    async fn pause(&mut self, error: StoreError) -> Result<(), ServeError> {
        let over = sleep(REFUSED_PAUSE);
        tokio::pin!(over);
        loop {
            let order = tokio::select! {
                () = &mut over => return Ok(()),
                order = self.parts.orders.recv() => order,
            };
            match order.unwrap_or_else(Order::abandoned) {
                Order::Verb(OperatorVerb::Shutdown { .. } | OperatorVerb::Restart { .. }, _) => {
                    return Err(error.into());
                }
                Order::Verb(_, reply) | Order::Policy(_, reply) => {
                    let why = format!("waiting until the disk takes what is written: {error}");
                    // Nobody waits any more when the operator's own connection is gone.
                    let _ = reply.send(OperatorAnswer::Refused(why));
                }
                Order::Reread(outcome) => self.ready.push(Input::Reread { outcome }),
                Order::Fault(fault) => return Err(ServeError::Damaged(fault)),
            }
        }
    }

    /// Gives what was released to those who write it.
    async fn hand_over(&mut self) {
        let parcels = self.switchboard.take();
        if !parcels.is_empty() {
            // Without that thread there are no connections any more, and their ends are on their way.
            let _ = self.parts.parcels.send(parcels).await;
        }
    }

    /// Lets everybody hear of what is durable now, in the hub's order.
    fn release(&mut self, effects: Effects) {
        self.switchboard.let_stay(&effects.settled);
        self.switchboard.send(effects.sends);
        if effects.reload {
            // When the place is taken, it was asked for already.
            let _ = self.parts.reloads.try_send(());
        }
        for news in effects.news {
            // Without a listener nobody wants the news.
            let _ = self.parts.news.send(news);
        }
        for (ticket, query) in effects.queries {
            self.ready.extend(self.parts.store.ask(ticket, query));
        }
        for request in effects.auth {
            self.ready.extend(self.parts.passwords.take(request));
        }
        for ticket in effects.given_up {
            self.parts.passwords.give_up(ticket);
            self.parts.store.give_up(ticket);
        }
        for (ticket, answer) in effects.operator {
            if let Some(reply) = self.asked.remove(&ticket) {
                // As above.
                let _ = reply.send(answer);
            }
        }
    }
}

/// Waits until `deadline`, or for ever without one.
async fn at(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, sync::Arc};

    use super::*;
    use crate::{
        auth::{AuthLimits, Cost},
        hub::{
            io::{ConnId, Peer},
            policy::Policy,
        },
        net::{Admission, NetLimits, Outbox},
        store::{Memory, Store as _},
    };

    /// A loop over a store in memory, with what goes into it and what comes out.
    struct Scene {
        turns: Turns,
        arrive: mpsc::Sender<Arrival>,
        sent: mpsc::Receiver<Vec<Parcel>>,
        /// Without anybody who could order anything the loop ends.
        _operator: mpsc::Sender<Order>,
    }

    fn scene(policy: Policy) -> Scene {
        let (arrive, arrivals) = mpsc::channel(BURST);
        let (answer, answers) = mpsc::channel(BURST);
        let (parcels, sent) = mpsc::channel(1);
        let (operator, orders) = mpsc::channel(1);
        let store = Box::new(Memory::new(1, "CODE".into()));
        let clock = Clock::start();
        let auth = AuthLimits { cost: Cost::Cheap, ..AuthLimits::default() };
        let parts = Parts {
            clock,
            hub: Hub::new(policy, store.load().unwrap(), clock.now().wall),
            store: StoreWorker::start(store, None, answer.clone()).unwrap(),
            passwords: Passwords::new(auth, answer).unwrap(),
            arrivals,
            answers,
            parcels,
            orders,
            news: broadcast::channel(1).0,
            reloads: mpsc::channel(1).0,
        };
        Scene { turns: Turns::new(parts), arrive, sent, _operator: operator }
    }

    impl Scene {
        async fn say(&self, conn: u64, line: &str) {
            self.arrive.send(Arrival::Input(Input::Line { conn: ConnId(conn), line: line.to_owned() })).await.unwrap();
        }

        /// One turn; how many bytes it sent.
        async fn turn(&mut self) -> usize {
            assert!(!self.turns.turn().await.unwrap());
            let parcels = self.sent.try_recv().unwrap_or_default();
            parcels.iter().flat_map(|parcel| &parcel.chunks).map(Bytes::len).sum()
        }
    }

    /// Pages of a hundred kilobytes for many who ask at once.
    #[tokio::test]
    async fn what_one_turn_sends_is_bounded_and_the_next_goes_on() {
        const PEOPLE: u64 = 200;
        const MOST: usize = 16 << 20;
        let mut scene = scene(Policy { account_required: false, lobby: None, flood: None, ..Policy::default() });
        let (addr, admission) = (Ipv4Addr::LOCALHOST.into(), Arc::new(Admission::new(PEOPLE as usize)));
        let mut seats = Vec::new();
        for conn in 0..PEOPLE {
            let seat = admission.admit(&NetLimits { per_address: 1000, ..NetLimits::default() }, addr).unwrap();
            let (peer, outbox) = (Peer { addr, port: 1, secure: true }, Arc::new(Outbox::new(1)));
            let opened = Arrival::Opened { conn: ConnId(conn), peer, outbox, stay: seat.stay() };
            seats.push(seat);
            scene.arrive.send(opened).await.unwrap();
            scene.say(conn, &format!("NICK n{conn}")).await;
            scene.say(conn, &format!("USER n{conn} 0 * :N")).await;
            scene.say(conn, "CAP REQ :batch message-tags server-time draft/chathistory").await;
            scene.say(conn, "JOIN #a").await;
            scene.turn().await;
        }
        let text = "x".repeat(400);
        for _ in 0..200 {
            scene.say(0, &format!("PRIVMSG #a :{text}")).await;
        }
        scene.turn().await;
        for conn in 0..PEOPLE {
            scene.say(conn, "CHATHISTORY LATEST #a * 200").await;
        }
        scene.turn().await;
        // The store answers one after the other; all of that is to be there.
        while scene.turns.parts.answers.len() < PEOPLE as usize {
            tokio::task::yield_now().await;
        }
        let mut all = 0;
        while all < PEOPLE as usize * 200 * text.len() {
            let sent = scene.turn().await;
            assert!(sent < MOST + (1 << 20), "{sent} bytes in one turn");
            all += sent;
        }
    }
}
