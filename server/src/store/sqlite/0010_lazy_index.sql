-- The index of what was said follows behind, since making it takes ten times as long as keeping the record. It knows
-- everything up to this place.
ALTER TABLE store ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
UPDATE store SET indexed = (SELECT coalesce(max(seq), 0) FROM record);

DROP VIEW spoken;
CREATE VIEW spoken AS SELECT seq, replace(text, char(13), '') AS text FROM record
    WHERE kind <= 1 AND seq <= (SELECT indexed FROM store);

DROP TRIGGER said;
DROP TRIGGER unsaid;
CREATE TRIGGER unsaid AFTER DELETE ON record WHEN old.kind <= 1 AND old.seq <= (SELECT indexed FROM store) BEGIN
    INSERT INTO speech (speech, rowid, text) VALUES ('delete', old.seq, replace(old.text, char(13), ''));
END;
