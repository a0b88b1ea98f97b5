-- When those messages were said that the index knows, 256 places at a time: searches between two times look only where
-- something of that time is. Times do not follow places everywhere, since clocks are set back.
CREATE TABLE period (
    number   INTEGER PRIMARY KEY,   -- its first place, divided by 256
    earliest INTEGER NOT NULL,
    latest   INTEGER NOT NULL
) STRICT;
INSERT INTO period SELECT seq / 256, min(at), max(at) FROM record
    WHERE kind <= 1 AND seq <= (SELECT indexed FROM store) GROUP BY seq / 256;
