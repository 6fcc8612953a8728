-- The events as rows, for docs/compare.sh. The hub finds events by customer and by words, so there is an
-- index for each.
CREATE TABLE events (
    seq bigint NOT NULL,
    place int NOT NULL DEFAULT 0,
    at timestamptz NOT NULL DEFAULT now(),
    code text NOT NULL,
    customer text,
    number text,
    app text,
    text text NOT NULL,
    kind jsonb NOT NULL DEFAULT '{}'
);
\o /dev/null
\i :rows
\o
ALTER TABLE events ADD PRIMARY KEY (seq, place);
CREATE INDEX ON events (customer);
CREATE INDEX ON events USING gin (to_tsvector('simple', text));
CREATE SEQUENCE next_seq;
SELECT setval('next_seq', max(seq)) FROM events;
ALTER TABLE events ALTER seq SET DEFAULT nextval('next_seq');
VACUUM ANALYZE events;
