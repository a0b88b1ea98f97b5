-- What nobody outside can know; chosen when the store is first opened with this column (hexadecimal).
ALTER TABLE store ADD COLUMN secret TEXT NOT NULL DEFAULT '';
