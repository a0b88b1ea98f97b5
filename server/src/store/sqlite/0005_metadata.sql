-- What people say about themselves and about rooms, and the secrets that SASL needs besides the hash.
CREATE TABLE metadata (
    room    INTEGER NOT NULL,       -- 0 when it is about an account
    account INTEGER NOT NULL,       -- 0 when it is about a room
    key     TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (room, account, key)
) STRICT, WITHOUT ROWID;
