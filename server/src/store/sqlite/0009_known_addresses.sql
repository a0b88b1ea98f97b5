-- From where the owners of names logged in before: whoever tries these names elsewhere does not keep them out there.
CREATE TABLE known_address (
    name    TEXT NOT NULL,
    address TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (name, address)
) STRICT, WITHOUT ROWID;
