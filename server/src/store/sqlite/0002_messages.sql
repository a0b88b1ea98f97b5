-- The highest place ever given to a record that is gone: places are never used again.
ALTER TABLE store ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0;

-- How far who has read what; the target is a casefolded nick or room name.
CREATE TABLE marker (
    account INTEGER NOT NULL,
    target  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, target)
) STRICT, WITHOUT ROWID;
