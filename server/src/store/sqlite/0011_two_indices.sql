-- Two indices instead of four, each with what only event playback shows behind what was said. A page of what was said is a
-- walk along one stretch of them, so it never has to step over a thousand joins; a page of everything merges two.
DROP INDEX record_by_seq;
DROP INDEX record_by_time;
DROP INDEX said_by_seq;
DROP INDEX said_by_time;
CREATE INDEX record_by_seq ON record (low, high, kind > 1);
CREATE INDEX record_by_time ON record (low, high, kind > 1, at);
