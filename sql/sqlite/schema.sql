-- The register in SQLite. Times are milliseconds since 1970 (UTC), days are texts (2026-01-15),
-- hashes have 32 bytes. Triggers are the second line: the program never does what they refuse.

CREATE TABLE deployment (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  mode TEXT NOT NULL CHECK (mode IN ('single', 'shared')),
  schema INTEGER NOT NULL,
  program TEXT NOT NULL
) STRICT;

-- Where each office's chain stands.
CREATE TABLE heads (
  office TEXT PRIMARY KEY,
  size INTEGER NOT NULL CHECK (size >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  frontier BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  office TEXT NOT NULL REFERENCES heads (office),
  position INTEGER NOT NULL CHECK (position >= 0),
  case_id TEXT,
  version INTEGER,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  v INTEGER NOT NULL,
  body BLOB NOT NULL,
  effects BLOB,
  leaf BLOB NOT NULL CHECK (length(leaf) = 32),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (office, position),
  UNIQUE (office, case_id, version),
  CHECK ((case_id IS NULL) = (version IS NULL))
) STRICT;

-- Each case as its last event left it, for lists.
CREATE TABLE cases (
  office TEXT NOT NULL REFERENCES heads (office),
  id TEXT NOT NULL,
  number TEXT NOT NULL,
  procedure TEXT NOT NULL,
  flow_version TEXT NOT NULL,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  next TEXT NOT NULL,
  class TEXT NOT NULL,
  ended TEXT,
  PRIMARY KEY (office, id),
  UNIQUE (office, number)
) STRICT;

CREATE INDEX cases_ended ON cases (office, class, ended) WHERE ended IS NOT NULL;

-- Whose turn it is: the work list is read in the order of this key.
CREATE TABLE case_waiting (
  office TEXT NOT NULL,
  role TEXT NOT NULL,
  opened_at INTEGER NOT NULL,
  case_id TEXT NOT NULL,
  PRIMARY KEY (office, role, opened_at, case_id),
  FOREIGN KEY (office, case_id) REFERENCES cases (office, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX case_waiting_case ON case_waiting (office, case_id);

-- The key of each case, wrapped; of the office itself under the id of zeros.
CREATE TABLE case_keys (
  office TEXT NOT NULL REFERENCES heads (office),
  case_id TEXT NOT NULL,
  ring_key TEXT NOT NULL,
  wrapped BLOB,
  destroyed TEXT,
  PRIMARY KEY (office, case_id),
  CHECK ((wrapped IS NULL) = (destroyed IS NOT NULL))
) STRICT;

CREATE TABLE issuances (
  office TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  day TEXT NOT NULL,
  terminal INTEGER NOT NULL,
  serial INTEGER NOT NULL CHECK (serial > 0),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  template BLOB NOT NULL CHECK (length(template) = 32),
  issuer TEXT NOT NULL,
  begun_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  ended_at INTEGER,
  sha256 BLOB,
  pages INTEGER,
  reason TEXT,
  PRIMARY KEY (office, id),
  UNIQUE (office, day, terminal, serial),
  FOREIGN KEY (office, case_id) REFERENCES cases (office, id),
  CHECK (CASE state
    WHEN 'issuing' THEN ended_at IS NULL AND sha256 IS NULL AND pages IS NULL AND reason IS NULL
    WHEN 'issued' THEN ended_at IS NOT NULL AND length(sha256) = 32 AND pages > 0 AND reason IS NULL
    WHEN 'voided' THEN ended_at IS NOT NULL AND sha256 IS NULL AND pages IS NULL AND reason IS NOT NULL
    ELSE 0 END)
) STRICT;

CREATE INDEX issuances_case ON issuances (office, case_id, begun_at);
CREATE INDEX issuances_state ON issuances (office, state, begun_at) WHERE state = 'issuing';

CREATE TABLE papers (
  office TEXT NOT NULL,
  issuance_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  sealed BLOB NOT NULL,
  PRIMARY KEY (office, issuance_id),
  FOREIGN KEY (office, issuance_id) REFERENCES issuances (office, id)
) STRICT;

-- 発行順番号: the last one given.
CREATE TABLE serials (
  office TEXT NOT NULL REFERENCES heads (office),
  day TEXT NOT NULL,
  terminal INTEGER NOT NULL,
  last INTEGER NOT NULL CHECK (last > 0),
  PRIMARY KEY (office, day, terminal)
) STRICT;

CREATE TABLE search_keys (
  office TEXT NOT NULL,
  field TEXT NOT NULL,
  term BLOB NOT NULL CHECK (length(term) = 32),
  case_id TEXT NOT NULL,
  PRIMARY KEY (office, field, term, case_id),
  FOREIGN KEY (office, case_id) REFERENCES cases (office, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX search_keys_case ON search_keys (office, case_id);

CREATE TABLE flows (
  office TEXT NOT NULL REFERENCES heads (office),
  procedure TEXT NOT NULL,
  version TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (office, procedure, version)
) STRICT;

CREATE TABLE incidents (
  office TEXT NOT NULL REFERENCES heads (office),
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  case_id TEXT,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  PRIMARY KEY (office, id)
) STRICT;

CREATE INDEX incidents_open ON incidents (office, kind) WHERE closed_at IS NULL;

CREATE TABLE answers (
  office TEXT NOT NULL REFERENCES heads (office),
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  request BLOB NOT NULL CHECK (length(request) = 32),
  sealed BLOB NOT NULL,
  PRIMARY KEY (office, id)
) STRICT;

CREATE TABLE checkpoints (
  office TEXT NOT NULL REFERENCES heads (office),
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (office, size)
) STRICT;

-- What an office keeps besides its cases: where the stream of each record is, and at which version.
CREATE TABLE records (
  office TEXT NOT NULL REFERENCES heads (office),
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  PRIMARY KEY (office, kind, id),
  UNIQUE (office, case_id),
  FOREIGN KEY (office, case_id) REFERENCES case_keys (office, case_id)
) STRICT;

-- By what a record is found.
CREATE TABLE record_terms (
  office TEXT NOT NULL,
  kind TEXT NOT NULL,
  term BLOB NOT NULL CHECK (length(term) = 32),
  id TEXT NOT NULL,
  PRIMARY KEY (office, kind, term, id),
  FOREIGN KEY (office, kind, id) REFERENCES records (office, kind, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX record_terms_record ON record_terms (office, kind, id);

CREATE TRIGGER events_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER papers_update BEFORE UPDATE ON papers BEGIN SELECT RAISE(ABORT, 'papers are never changed'); END;
CREATE TRIGGER papers_delete BEFORE DELETE ON papers BEGIN SELECT RAISE(ABORT, 'papers are never deleted'); END;
CREATE TRIGGER flows_update BEFORE UPDATE ON flows BEGIN SELECT RAISE(ABORT, 'flows are never changed'); END;
CREATE TRIGGER flows_delete BEFORE DELETE ON flows BEGIN SELECT RAISE(ABORT, 'flows are never deleted'); END;
CREATE TRIGGER answers_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'answers are never changed'); END;
CREATE TRIGGER answers_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'answers are never deleted'); END;
CREATE TRIGGER checkpoints_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER checkpoints_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;

CREATE TRIGGER heads_update BEFORE UPDATE ON heads WHEN NEW.size <= OLD.size OR NEW.at < OLD.at
BEGIN SELECT RAISE(ABORT, 'a register only grows'); END;
CREATE TRIGGER heads_delete BEFORE DELETE ON heads BEGIN SELECT RAISE(ABORT, 'heads are never deleted'); END;

CREATE TRIGGER cases_delete BEFORE DELETE ON cases BEGIN SELECT RAISE(ABORT, 'cases are never deleted'); END;

CREATE TRIGGER issuances_update BEFORE UPDATE ON issuances
WHEN OLD.state <> 'issuing'
  OR (NEW.case_id, NEW.kind, NEW.day, NEW.terminal, NEW.serial, NEW.digest, NEW.template, NEW.issuer, NEW.begun_at)
  IS NOT (OLD.case_id, OLD.kind, OLD.day, OLD.terminal, OLD.serial, OLD.digest, OLD.template, OLD.issuer, OLD.begun_at)
BEGIN SELECT RAISE(ABORT, 'a number has exactly one end'); END;
CREATE TRIGGER issuances_delete BEFORE DELETE ON issuances BEGIN SELECT RAISE(ABORT, 'issuances are never deleted'); END;

CREATE TRIGGER serials_update BEFORE UPDATE ON serials WHEN NEW.last <> OLD.last + 1
BEGIN SELECT RAISE(ABORT, 'serial numbers have no gaps'); END;
CREATE TRIGGER serials_delete BEFORE DELETE ON serials BEGIN SELECT RAISE(ABORT, 'serials are never deleted'); END;

CREATE TRIGGER case_keys_update BEFORE UPDATE ON case_keys WHEN OLD.destroyed IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a destroyed key does not come back'); END;
CREATE TRIGGER case_keys_delete BEFORE DELETE ON case_keys BEGIN SELECT RAISE(ABORT, 'keys are destroyed, not deleted'); END;

CREATE TRIGGER records_update BEFORE UPDATE ON records WHEN NEW.version <> OLD.version + 1 OR NEW.case_id <> OLD.case_id
BEGIN SELECT RAISE(ABORT, 'a record only grows'); END;
CREATE TRIGGER records_delete BEFORE DELETE ON records BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END;

CREATE TRIGGER incidents_update BEFORE UPDATE ON incidents WHEN OLD.closed_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an incident is closed once'); END;
CREATE TRIGGER incidents_delete BEFORE DELETE ON incidents BEGIN SELECT RAISE(ABORT, 'incidents are never deleted'); END;
