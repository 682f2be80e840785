-- SPDX-License-Identifier: Apache-2.0
-- Tables, indexes, joins, aggregates, an update and a delete, all in memory.
PRAGMA page_size = 1024;
CREATE TABLE part(id INTEGER PRIMARY KEY, name TEXT NOT NULL, price INTEGER NOT NULL);
CREATE TABLE site(id INTEGER PRIMARY KEY, town TEXT NOT NULL);
CREATE TABLE orders(id INTEGER PRIMARY KEY, part INTEGER REFERENCES part, site INTEGER REFERENCES site,
                    amount INTEGER NOT NULL, note TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
  INSERT INTO part SELECT i, 'part ' || i || substr('abcdefghijklmnopqrstuvwxyz', 1 + i % 20), 100 + i * 37 % 900 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)
  INSERT INTO site SELECT i, 'town ' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
  INSERT INTO orders SELECT i, 1 + i * 7 % 60, 1 + i * 5 % 12, 1 + i * 11 % 17, hex(i * i) FROM n;
CREATE INDEX orders_part ON orders(part);
CREATE INDEX orders_site ON orders(site, amount);
CREATE VIEW turnover AS
  SELECT site.town, part.name, sum(orders.amount * part.price) AS money
  FROM orders JOIN part ON part.id = orders.part JOIN site ON site.id = orders.site
  GROUP BY site.id, part.id;
ANALYZE;
SELECT count(*), sum(money) FROM turnover;
SELECT town, max(money) FROM turnover GROUP BY town ORDER BY 2 DESC LIMIT 5;
SELECT name, count(*) AS n, group_concat(orders.note) FROM part JOIN orders ON orders.part = part.id
  WHERE orders.amount > 9 GROUP BY part.id HAVING n > 4 ORDER BY name;
UPDATE orders SET amount = amount + 1, note = note || '-changed' WHERE part IN (SELECT id FROM part WHERE price > 700);
DELETE FROM orders WHERE site = 3;
CREATE TABLE archive AS SELECT * FROM orders WHERE amount > 12 ORDER BY note;
SELECT a.id, b.id FROM archive a JOIN archive b ON a.note < b.note AND a.part = b.part ORDER BY a.id, b.id LIMIT 40;
SELECT town, name FROM turnover WHERE money = (SELECT max(money) FROM turnover);
DROP INDEX orders_site;
SELECT DISTINCT substr(note, 1, 3) FROM orders ORDER BY 1;
PRAGMA integrity_check;
