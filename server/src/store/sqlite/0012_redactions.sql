-- What was taken back is told beside every page, and mostly there is none.
CREATE INDEX redaction ON record (low, high) WHERE kind = 9;
