-- One row about the store itself.
CREATE TABLE store (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    epoch      INTEGER NOT NULL,
    owner_code TEXT,                -- NULL once it was used
    last_room  INTEGER NOT NULL     -- room numbers are never used again, also after a room is gone
) STRICT;

CREATE TABLE account (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    folded  TEXT NOT NULL UNIQUE,
    display TEXT NOT NULL,
    hash    TEXT NOT NULL,
    rank    INTEGER NOT NULL,
    created INTEGER NOT NULL,
    seen    INTEGER
) STRICT;

CREATE TABLE room (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    folded     TEXT NOT NULL UNIQUE,
    created    INTEGER NOT NULL,
    topic      TEXT,
    topic_by   TEXT,
    topic_at   INTEGER
) STRICT;

CREATE TABLE member (
    room     INTEGER NOT NULL,
    account  INTEGER NOT NULL,
    operator INTEGER NOT NULL,
    joined   INTEGER NOT NULL,
    PRIMARY KEY (room, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE invite (
    code TEXT PRIMARY KEY,
    made INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The place of a record is (0, room) or (smaller account, larger account).
CREATE TABLE record (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    low     INTEGER NOT NULL,
    high    INTEGER NOT NULL,
    kind    INTEGER NOT NULL,
    source  TEXT NOT NULL,
    account TEXT,
    tags    TEXT NOT NULL,
    text    TEXT NOT NULL
) STRICT;

-- An index ends with the table's key, so these are (place, seq) and (place, time, seq); the second pair leaves out what
-- only event playback shows, so that a page never has to step over a thousand joins.
CREATE INDEX record_by_seq ON record (low, high);
CREATE INDEX record_by_time ON record (low, high, at);
CREATE INDEX said_by_seq ON record (low, high) WHERE kind <= 1;
CREATE INDEX said_by_time ON record (low, high, at) WHERE kind <= 1;

-- Who has ever spoken with whom, from both sides.
CREATE TABLE conversation (
    account INTEGER NOT NULL,
    other   INTEGER NOT NULL,
    PRIMARY KEY (account, other)
) STRICT, WITHOUT ROWID;
