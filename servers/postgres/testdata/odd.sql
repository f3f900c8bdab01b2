CREATE SCHEMA "Odd.Schema";

COMMENT ON SCHEMA "Odd.Schema" IS 'Names that are
hard to read';

CREATE TABLE "Odd.Schema"."Table with ""quotes"" and.dots" ("Größe" integer, "select" text DEFAULT 'x''y', "a.b" text COLLATE "C");

COMMENT ON COLUMN "Odd.Schema"."Table with ""quotes"" and.dots"."Größe" IS 'the size, 名前';

CREATE TABLE "Odd.Schema".orders (id integer);

CREATE TABLE "Odd.Schema".people ("Person" integer);

CREATE TABLE "Odd.Schema"."Orders" (id integer);

CREATE TABLE "Odd.Schema".U&"line\000Abreak" (id integer);

CREATE SCHEMA hr;

CREATE SCHEMA attic;

CREATE TYPE hr.mood AS ENUM ('sad', 'ok', 'happy, very');

CREATE DOMAIN hr.percent AS numeric(5, 2) CHECK (VALUE BETWEEN 0 AND 100);

COMMENT ON DOMAIN hr.percent IS 'a share';

CREATE TYPE hr.address AS (street text, city text);

CREATE TABLE hr.staff (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    boss bigint REFERENCES hr.staff,
    name text NOT NULL,
    name_length integer GENERATED ALWAYS AS (length(name)) STORED,
    salary numeric(12, 2),
    share hr.percent DEFAULT 0,
    mood hr.mood NOT NULL DEFAULT 'ok',
    home hr.address,
    ssn text UNIQUE,
    tags text[],
    CONSTRAINT paid CHECK (salary > 0)
);

COMMENT ON TABLE hr.staff IS 'Everybody who works here';

COMMENT ON COLUMN hr.staff.salary IS 'a year, before tax';

CREATE INDEX staff_by_mood ON hr.staff (mood, lower(name)) INCLUDE (salary) WHERE salary IS NOT NULL;

CREATE INDEX staff_secret ON hr.staff (upper(ssn));

ALTER TABLE hr.staff ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_row ON hr.staff FOR SELECT USING (name = CURRENT_USER);

CREATE FUNCTION hr.raise(who bigint, VARIADIC by_how_much numeric[] DEFAULT '{1}') RETURNS numeric LANGUAGE sql STABLE STRICT SECURITY DEFINER
    AS $$ SELECT salary * by_how_much[1] FROM hr.staff WHERE id = who $$;

COMMENT ON FUNCTION hr.raise IS 'what a raise would come to';

CREATE FUNCTION hr.raise(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;

CREATE FUNCTION hr.find(identifier text) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT id FROM hr.staff WHERE ssn = identifier $$;

CREATE FUNCTION hr.stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;

CREATE TRIGGER stamped BEFORE UPDATE ON hr.staff FOR EACH ROW EXECUTE FUNCTION hr.stamp();

CREATE PROCEDURE hr.tidy() LANGUAGE sql AS $$ SELECT 1 $$;

CREATE AGGREGATE hr.total(numeric) (SFUNC = numeric_add, STYPE = numeric);

CREATE TABLE hr.leave (staff bigint REFERENCES hr.staff ON DELETE CASCADE, day date NOT NULL) PARTITION BY RANGE (day);

CREATE TABLE hr.leave_2026 PARTITION OF hr.leave FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

CREATE TABLE hr.leave_rest PARTITION OF hr.leave DEFAULT;

CREATE TABLE attic.animal (name text);

CREATE TABLE attic.cat (lives integer) INHERITS (attic.animal);

CREATE TABLE attic.orders (id integer);

CREATE TABLE attic.visits (who bigint REFERENCES hr.staff);

CREATE VIEW hr.moods AS SELECT mood, count(*) AS people FROM hr.staff GROUP BY mood;

CREATE VIEW hr.identified AS SELECT id, ssn FROM hr.staff;

CREATE MATERIALIZED VIEW hr.summary AS SELECT count(*) AS people FROM hr.staff;

CREATE SEQUENCE hr.badge START 100 INCREMENT 5;

ANALYZE;

CREATE ROLE reader LOGIN;

CREATE ROLE clerk LOGIN CREATEDB;

GRANT UPDATE ON customers TO clerk;

GRANT pg_read_server_files TO clerk;

