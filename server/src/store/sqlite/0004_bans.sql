-- Who may not come in, and what operators did.
CREATE TABLE ban (
    id     INTEGER PRIMARY KEY,
    target TEXT NOT NULL,           -- an account, a network or a mask, as operators write it
    reason TEXT NOT NULL,
    maker  TEXT NOT NULL,
    made   INTEGER NOT NULL,
    ends   INTEGER                  -- NULL for never
) STRICT;

CREATE TABLE deed (
    id    INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    maker TEXT NOT NULL,
    what  TEXT NOT NULL
) STRICT;
