-- What messages were stamped with, so that one that is sent again is not said again.
CREATE TABLE nonce (
    seq     INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    nonce   TEXT NOT NULL,
    at      INTEGER NOT NULL,
    UNIQUE (account, nonce)
) STRICT;
