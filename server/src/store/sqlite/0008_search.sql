-- The index over everything that was said: three characters at a time, so parts of words and scripts without spaces are
-- found as well. CR, which joins the parts of a long line, is not part of the text.
CREATE VIEW spoken AS SELECT seq, replace(text, char(13), '') AS text FROM record WHERE kind <= 1;

CREATE VIRTUAL TABLE speech USING fts5 (
    text, content = 'spoken', content_rowid = 'seq', tokenize = 'trigram', columnsize = 0
);
INSERT INTO speech (speech) VALUES ('rebuild');

CREATE TRIGGER said AFTER INSERT ON record WHEN new.kind <= 1 BEGIN
    INSERT INTO speech (rowid, text) VALUES (new.seq, replace(new.text, char(13), ''));
END;
CREATE TRIGGER unsaid AFTER DELETE ON record WHEN old.kind <= 1 BEGIN
    INSERT INTO speech (speech, rowid, text) VALUES ('delete', old.seq, replace(old.text, char(13), ''));
END;
