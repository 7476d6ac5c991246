-- A ledger as the first release made it: its tables, and a little in them.
CREATE TABLE blocks (
	source TEXT NOT NULL, 
	document TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	PRIMARY KEY (source, document)
);

CREATE TABLE documents (
	generation TEXT NOT NULL, 
	source TEXT NOT NULL, 
	id TEXT NOT NULL, 
	version TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	content_hash TEXT NOT NULL, 
	publication BIGINT NOT NULL, 
	chunks INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	allow TEXT NOT NULL, 
	deny TEXT NOT NULL, 
	updated_at DATETIME, 
	detected_at DATETIME NOT NULL, 
	published_at DATETIME NOT NULL, 
	verified_at DATETIME NOT NULL, 
	title TEXT NOT NULL, 
	uri TEXT NOT NULL, 
	meta TEXT NOT NULL, 
	PRIMARY KEY (generation, source, id)
);

CREATE TABLE epochs (
	epoch BIGINT NOT NULL, 
	committed_at DATETIME NOT NULL, 
	PRIMARY KEY (epoch)
);

CREATE TABLE events (
	seq INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	run TEXT NOT NULL, 
	source TEXT NOT NULL, 
	document TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	version TEXT NOT NULL, 
	epoch BIGINT NOT NULL, 
	chunks INTEGER NOT NULL, 
	embedded INTEGER NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE INDEX events_by_document ON events (document, seq);
CREATE INDEX events_by_source ON events (source, seq);

CREATE TABLE failures (
	generation TEXT NOT NULL, 
	source TEXT NOT NULL, 
	document TEXT NOT NULL, 
	version TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	error TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	retriable BOOLEAN NOT NULL, 
	attempts INTEGER NOT NULL, 
	first_at DATETIME NOT NULL, 
	last_at DATETIME NOT NULL, 
	PRIMARY KEY (generation, source, document)
);

CREATE TABLE head (
	id INTEGER NOT NULL, 
	identity TEXT NOT NULL, 
	generation TEXT NOT NULL, 
	epoch BIGINT NOT NULL, 
	attempted BIGINT NOT NULL, 
	publication BIGINT NOT NULL, 
	PRIMARY KEY (id)
);

CREATE TABLE leases (
	name TEXT NOT NULL, 
	token TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	started DOUBLE NOT NULL, 
	command TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	expires_at DATETIME NOT NULL, 
	PRIMARY KEY (name)
);

CREATE TABLE publications (
	number BIGINT NOT NULL, 
	generation TEXT NOT NULL, 
	state TEXT NOT NULL, 
	started_at DATETIME NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	started DOUBLE NOT NULL, 
	command TEXT NOT NULL, 
	since DATETIME NOT NULL, 
	epoch BIGINT, 
	ids TEXT, 
	PRIMARY KEY (number)
);
CREATE INDEX publications_by_state ON publications (state);

CREATE TABLE runs (
	seq INTEGER NOT NULL, 
	run TEXT NOT NULL, 
	saved_at DATETIME NOT NULL, 
	summary TEXT NOT NULL, 
	PRIMARY KEY (seq), 
	CONSTRAINT runs_by_run UNIQUE (run)
);

CREATE TABLE schema_versions (
	number INTEGER NOT NULL, 
	release TEXT NOT NULL, 
	applied_at DATETIME NOT NULL, 
	PRIMARY KEY (number)
);

CREATE TABLE sources (
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	adhoc BOOLEAN NOT NULL, 
	documents INTEGER NOT NULL, 
	checkpoint BLOB, 
	last_complete DATETIME, 
	last_success DATETIME, 
	last_error TEXT NOT NULL, 
	PRIMARY KEY (name)
);

INSERT INTO schema_versions VALUES (1, '0.1.0', '2026-01-15 12:00:00.000000');
INSERT INTO head (id, identity, generation, epoch, attempted, publication) VALUES (1, '0123456789abcdef', 'g1', 3, 4, 5);
INSERT INTO epochs VALUES (3, '2026-01-15 12:00:00.000000');
INSERT INTO sources (name, kind, adhoc, documents, last_error) VALUES ('handbook', 'folder', 0, 1, '');
INSERT INTO documents (generation, source, id, version, fingerprint, content_hash, publication, chunks, kind,
    allow, deny, updated_at, detected_at, published_at, verified_at, title, uri, meta)
VALUES ('g1', 'handbook', 'a.md', '1', 'f', 'c', 5, 2, 'sop', '["public"]', '[]', NULL, '2026-01-15 12:00:00.000000',
    '2026-01-15 12:00:00.000000', '2026-01-15 12:00:00.500000', 'A', 'file:///a.md', '{"tags":["x"]}');
INSERT INTO events (at, run, source, document, outcome, reason, version, epoch, chunks, embedded)
VALUES ('2026-01-15 12:00:00.000000', 'r', 'handbook', 'a.md', 'indexed', '', '1', 3, 2, 2);
