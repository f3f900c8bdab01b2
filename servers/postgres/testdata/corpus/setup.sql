CREATE ROLE owner LOGIN;

CREATE ROLE reader LOGIN PASSWORD 'sesame-reader';

GRANT CREATE, USAGE ON SCHEMA public TO owner;

CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, email text, "Home Town" text, extra jsonb, tags text[]);

CREATE TABLE orders (id bigint PRIMARY KEY, customer integer REFERENCES customers, total numeric(12, 2), paid boolean, at timestamptz, "into" text, update date);

CREATE TABLE journal (id serial PRIMARY KEY, line text);

CREATE TABLE größen (id integer, wert text);

CREATE SEQUENCE tickets;

CREATE SCHEMA vault;

CREATE TABLE vault.codes (code text);

INSERT INTO vault.codes VALUES ('sesame-vault');

INSERT INTO customers SELECT n, 'Customer ' || n, 'c' || n || '@example.com', 'Town ' || n % 7, jsonb_build_object('age', 20 + n % 50, 'vip', n % 3 = 0), ARRAY['a', 'b'] FROM generate_series(1, 100) n;

INSERT INTO orders SELECT n, 1 + n % 100, n * 1.25, n % 4 <> 0, timestamptz '2026-01-01 00:00:00+00' + n * interval '1 hour', 'x', date '2026-01-01' + n FROM generate_series(1, 1000) n;

INSERT INTO journal (line) VALUES ('first');

INSERT INTO größen VALUES (1, 'klein');

ALTER TABLE customers OWNER TO owner;

ALTER TABLE orders OWNER TO owner;

ALTER TABLE journal OWNER TO owner;

ALTER TABLE größen OWNER TO owner;

ALTER SEQUENCE tickets OWNER TO owner;

CREATE VIEW paid AS SELECT customer, sum(total) AS total FROM orders WHERE paid GROUP BY 1;

CREATE MATERIALIZED VIEW months AS SELECT date_trunc('month', at) AS month, count(*) AS orders FROM orders GROUP BY 1;

CREATE VIEW settings_files AS SELECT pg_read_file('PG_VERSION') AS content;

CREATE VIEW behind AS SELECT content FROM settings_files;

CREATE VIEW logins AS SELECT rolname AS who, rolpassword AS what FROM pg_authid;

CREATE FUNCTION total_of(who integer) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT sum(total) FROM orders WHERE customer = who $$;

CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT 2 * n $$;

CREATE FUNCTION ranked(n integer) RETURNS TABLE (id integer, name text) LANGUAGE sql STABLE AS $$ SELECT id, name FROM customers ORDER BY id LIMIT n $$;

CREATE FUNCTION note(what text) RETURNS integer LANGUAGE sql AS $$ INSERT INTO journal (line) VALUES (what) RETURNING id $$;

CREATE FUNCTION note_slowly(what text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'INSERT INTO journal (line) VALUES ($1)' USING what; END $$;

CREATE FUNCTION note_as_admin(what text) RETURNS integer LANGUAGE sql SECURITY DEFINER AS $$ INSERT INTO journal (line) VALUES (what) RETURNING id $$;

CREATE FUNCTION reveal() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT string_agg(rolpassword, ' ') FROM pg_authid $$;

CREATE FUNCTION hashes() RETURNS text LANGUAGE sql STABLE AS $$ SELECT string_agg(rolpassword, ' ') FROM pg_authid $$;

CREATE FUNCTION hashes_kept_parsed() RETURNS text LANGUAGE sql STABLE RETURN (SELECT string_agg(rolpassword, ' ') FROM pg_authid);

CREATE FUNCTION stops_sessions() RETURNS boolean LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN pg_catalog.Pg_Cancel_Backend(1); END $$;

CREATE FUNCTION asks_hashes() RETURNS text LANGUAGE sql STABLE AS $$ SELECT hashes() $$;

CREATE VIEW view_of_hashes AS SELECT asks_hashes() AS all_of_them;

CREATE FUNCTION commits() RETURNS void LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;

CREATE FUNCTION kick(int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT pg_cancel_backend($1) $$;

CREATE FUNCTION run_sql(what text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE what; END $$;

CREATE FUNCTION asks_run_sql() RETURNS integer LANGUAGE sql AS $$ SELECT run_sql('CREATE TABLE made (a int)'); SELECT 1 $$;

CREATE FUNCTION note_of(who integer) RETURNS text LANGUAGE sql AS $$ SELECT name FROM customers WHERE id = who $$;

CREATE TABLE outbox (line text);

CREATE FUNCTION sends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_read_file('PG_VERSION'); RETURN NEW; END $$;

CREATE TRIGGER sends BEFORE INSERT OR UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION sends();

CREATE TABLE outbox_heads (id integer PRIMARY KEY);

INSERT INTO outbox_heads VALUES (1);

CREATE TABLE outbox_lines (head integer REFERENCES outbox_heads ON DELETE CASCADE);

CREATE TRIGGER sends BEFORE DELETE ON outbox_lines FOR EACH ROW EXECUTE FUNCTION sends();

CREATE TABLE ruled (a integer);

CREATE RULE reads AS ON INSERT TO ruled DO ALSO SELECT pg_read_file('PG_VERSION');

CREATE TABLE tracked (id integer PRIMARY KEY, a integer, at timestamptz DEFAULT now());

INSERT INTO tracked VALUES (1, 1), (2, 2), (3, 3);

CREATE FUNCTION tracks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('app.a', NEW.a::text, true); PERFORM pg_notify('tracked', NEW.id::text); EXECUTE 'SELECT 1'; RETURN NEW; END $$;

CREATE FUNCTION stamps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$;

CREATE TRIGGER tracks BEFORE INSERT OR UPDATE ON tracked FOR EACH ROW EXECUTE FUNCTION tracks();

ALTER TABLE outbox OWNER TO owner;

ALTER TABLE outbox_heads OWNER TO owner;

ALTER TABLE outbox_lines OWNER TO owner;

ALTER TABLE ruled OWNER TO owner;

ALTER TABLE tracked OWNER TO owner;

CREATE PROCEDURE tidy() LANGUAGE sql AS $$ DELETE FROM journal $$;

CREATE FOREIGN DATA WRAPPER nowhere;

CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere;

CREATE USER MAPPING FOR postgres SERVER elsewhere OPTIONS (password 'sesame-mapping');

CREATE SUBSCRIPTION news CONNECTION 'host=nowhere password=sesame-subscription' PUBLICATION none WITH (connect = false, slot_name = NONE, enabled = false);

SELECT lo_from_bytea(4242, 'sesame-object');

DO $$ BEGIN CREATE EXTENSION dblink; EXCEPTION WHEN OTHERS THEN NULL; END $$;

DO $$ BEGIN CREATE EXTENSION tablefunc; EXCEPTION WHEN OTHERS THEN NULL; END $$;

DO $$ BEGIN CREATE EXTENSION adminpack; EXCEPTION WHEN OTHERS THEN NULL; END $$;

DO $$ BEGIN CREATE EXTENSION pgcrypto; EXCEPTION WHEN OTHERS THEN NULL; END $$;

DO $$ BEGIN CREATE EXTENSION xml2; EXCEPTION WHEN OTHERS THEN NULL; END $$;

DO $$ BEGIN CREATE EXTENSION pg_trgm; EXCEPTION WHEN OTHERS THEN NULL; END $$;

GRANT SELECT ON customers, orders, journal, größen, paid, months, settings_files, behind TO reader;

GRANT SELECT ON paid, months, settings_files, behind TO owner;

ANALYZE;

