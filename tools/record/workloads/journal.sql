-- SPDX-License-Identifier: Apache-2.0
-- A log with triggers, JSON, full-text search, window functions and savepoints, all in memory.
PRAGMA page_size = 1024;
CREATE TABLE event(id INTEGER PRIMARY KEY, at INTEGER, data TEXT CHECK (json_valid(data)));
CREATE TABLE tally(kind TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(body);
CREATE TRIGGER counted AFTER INSERT ON event BEGIN
  INSERT INTO tally VALUES (json_extract(new.data, '$.kind'), 1)
    ON CONFLICT(kind) DO UPDATE SET n = n + 1;
END;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
  INSERT INTO event SELECT i, i * 61,
    json_object('kind', 'kind ' || i % 7, 'value', i * i, 'list', json_array(i, i + 1, 'item ' || i)) FROM n;
INSERT INTO words SELECT 'the event ' || id || ' of ' || json_extract(data, '$.kind') || ' was worth ' ||
  json_extract(data, '$.value') FROM event;
SELECT * FROM tally ORDER BY n DESC;
SELECT rowid, snippet(words, 0, '<', '>', '..', 4) FROM words WHERE words MATCH 'worth AND 1*' LIMIT 20;
SELECT id, sum(json_extract(data, '$.value')) OVER (ORDER BY at ROWS 3 PRECEDING),
       rank() OVER (PARTITION BY json_extract(data, '$.kind') ORDER BY at DESC) FROM event LIMIT 30;
SAVEPOINT before;
UPDATE event SET data = json_set(data, '$.seen', json('true'), '$.list[3]', printf('%08x', id));
DELETE FROM event WHERE id % 5 = 0;
ROLLBACK TO before;
SELECT key, type, atom FROM event, json_tree(event.data) WHERE event.id < 8;
RELEASE before;
INSERT INTO words(words) VALUES ('optimize');
SELECT group_concat(value, '/') FROM event, json_each(event.data, '$.list') WHERE event.id > 150;
