-- Rooms have founders, settings and lists; members have ranks.
ALTER TABLE room ADD COLUMN founder INTEGER;
ALTER TABLE room ADD COLUMN flags TEXT NOT NULL DEFAULT 'nt';   -- mode letters
ALTER TABLE room ADD COLUMN key TEXT;
ALTER TABLE room ADD COLUMN member_limit INTEGER;
ALTER TABLE room ADD COLUMN forward TEXT;

-- Ranks are bits: voice 1, half-operator 2, operator 4, admin 8, founder 16.
ALTER TABLE member RENAME COLUMN operator TO ranks;
UPDATE member SET ranks = 4 WHERE ranks <> 0;

CREATE TABLE mask (
    room INTEGER NOT NULL,
    list TEXT NOT NULL,             -- its mode letter
    text TEXT NOT NULL,
    by   TEXT NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (room, list, text)
) STRICT;
