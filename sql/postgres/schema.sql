-- The register on PostgreSQL. Times are milliseconds since 1970 (UTC), days are texts (2026-01-15),
-- hashes have 32 bytes. The owner runs this; the program
-- works as a member of the role shomei_work, which may add events but never touch them again.
-- Triggers are the second line, for who has more rights.

CREATE TABLE deployment (
  one BIGINT PRIMARY KEY CHECK (one = 1),
  mode TEXT COLLATE "C" NOT NULL CHECK (mode IN ('single', 'shared')),
  schema BIGINT NOT NULL,
  program TEXT COLLATE "C" NOT NULL
);

-- Where each office's chain stands.
CREATE TABLE heads (
  office TEXT COLLATE "C" PRIMARY KEY,
  size BIGINT NOT NULL CHECK (size >= 0),
  hash BYTEA NOT NULL CHECK (length(hash) = 32),
  frontier BYTEA NOT NULL,
  at BIGINT NOT NULL
);

CREATE TABLE events (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  position BIGINT NOT NULL CHECK (position >= 0),
  case_id TEXT COLLATE "C",
  version BIGINT,
  at BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  v BIGINT NOT NULL,
  body BYTEA NOT NULL,
  effects BYTEA,
  leaf BYTEA NOT NULL CHECK (length(leaf) = 32),
  hash BYTEA NOT NULL CHECK (length(hash) = 32),
  PRIMARY KEY (office, position),
  UNIQUE (office, case_id, version),
  CHECK ((case_id IS NULL) = (version IS NULL))
);

-- Each case as its last event left it, for lists.
CREATE TABLE cases (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  id TEXT COLLATE "C" NOT NULL,
  number TEXT COLLATE "C" NOT NULL,
  procedure TEXT COLLATE "C" NOT NULL,
  flow_version TEXT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  since BIGINT NOT NULL,
  opened_at BIGINT NOT NULL,
  next TEXT COLLATE "C" NOT NULL,
  class TEXT COLLATE "C" NOT NULL,
  ended TEXT COLLATE "C",
  PRIMARY KEY (office, id),
  UNIQUE (office, number)
);

CREATE INDEX cases_ended ON cases (office, class, ended) WHERE ended IS NOT NULL;

-- Whose turn it is: the work list is read in the order of this key.
CREATE TABLE case_waiting (
  office TEXT COLLATE "C" NOT NULL,
  role TEXT COLLATE "C" NOT NULL,
  opened_at BIGINT NOT NULL,
  case_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (office, role, opened_at, case_id),
  FOREIGN KEY (office, case_id) REFERENCES cases (office, id)
);

CREATE INDEX case_waiting_case ON case_waiting (office, case_id);

-- The key of each case, wrapped; of the office itself under the id of zeros.
CREATE TABLE case_keys (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  case_id TEXT COLLATE "C" NOT NULL,
  ring_key TEXT COLLATE "C" NOT NULL,
  wrapped BYTEA,
  destroyed TEXT COLLATE "C",
  PRIMARY KEY (office, case_id),
  CHECK ((wrapped IS NULL) = (destroyed IS NOT NULL))
);

CREATE TABLE issuances (
  office TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  case_id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  day TEXT COLLATE "C" NOT NULL,
  terminal BIGINT NOT NULL,
  serial BIGINT NOT NULL CHECK (serial > 0),
  digest BYTEA NOT NULL CHECK (length(digest) = 32),
  template BYTEA NOT NULL CHECK (length(template) = 32),
  issuer TEXT COLLATE "C" NOT NULL,
  begun_at BIGINT NOT NULL,
  state TEXT COLLATE "C" NOT NULL,
  ended_at BIGINT,
  sha256 BYTEA,
  pages BIGINT,
  reason TEXT COLLATE "C",
  PRIMARY KEY (office, id),
  UNIQUE (office, day, terminal, serial),
  FOREIGN KEY (office, case_id) REFERENCES cases (office, id),
  CHECK (CASE state
    WHEN 'issuing' THEN ended_at IS NULL AND sha256 IS NULL AND pages IS NULL AND reason IS NULL
    WHEN 'issued' THEN ended_at IS NOT NULL AND length(sha256) = 32 AND pages > 0 AND reason IS NULL
    WHEN 'voided' THEN ended_at IS NOT NULL AND sha256 IS NULL AND pages IS NULL AND reason IS NOT NULL
    ELSE FALSE END)
);

CREATE INDEX issuances_case ON issuances (office, case_id, begun_at);
CREATE INDEX issuances_state ON issuances (office, state, begun_at) WHERE state = 'issuing';

CREATE TABLE papers (
  office TEXT COLLATE "C" NOT NULL,
  issuance_id TEXT COLLATE "C" NOT NULL,
  case_id TEXT COLLATE "C" NOT NULL,
  sha256 BYTEA NOT NULL CHECK (length(sha256) = 32),
  sealed BYTEA NOT NULL,
  PRIMARY KEY (office, issuance_id),
  FOREIGN KEY (office, issuance_id) REFERENCES issuances (office, id)
);

-- 発行順番号: the last one given.
CREATE TABLE serials (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  day TEXT COLLATE "C" NOT NULL,
  terminal BIGINT NOT NULL,
  last BIGINT NOT NULL CHECK (last > 0),
  PRIMARY KEY (office, day, terminal)
);

CREATE TABLE search_keys (
  office TEXT COLLATE "C" NOT NULL,
  field TEXT COLLATE "C" NOT NULL,
  term BYTEA NOT NULL CHECK (length(term) = 32),
  case_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (office, field, term, case_id),
  FOREIGN KEY (office, case_id) REFERENCES cases (office, id)
);

CREATE INDEX search_keys_case ON search_keys (office, case_id);

CREATE TABLE flows (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  procedure TEXT COLLATE "C" NOT NULL,
  version TEXT NOT NULL,
  text TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (office, procedure, version)
);

CREATE TABLE incidents (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  id TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  case_id TEXT COLLATE "C",
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  PRIMARY KEY (office, id)
);

CREATE INDEX incidents_open ON incidents (office, kind) WHERE closed_at IS NULL;

CREATE TABLE answers (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  id TEXT COLLATE "C" NOT NULL,
  case_id TEXT COLLATE "C" NOT NULL,
  request BYTEA NOT NULL CHECK (length(request) = 32),
  sealed BYTEA NOT NULL,
  PRIMARY KEY (office, id)
);

CREATE TABLE checkpoints (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  size BIGINT NOT NULL,
  note TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (office, size)
);

-- What an office keeps besides its cases: where the stream of each record is, and at which version.
CREATE TABLE records (
  office TEXT COLLATE "C" NOT NULL REFERENCES heads (office),
  kind TEXT COLLATE "C" NOT NULL,
  id TEXT COLLATE "C" NOT NULL,
  case_id TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL CHECK (version > 0),
  PRIMARY KEY (office, kind, id),
  UNIQUE (office, case_id),
  FOREIGN KEY (office, case_id) REFERENCES case_keys (office, case_id)
);

-- By what a record is found.
CREATE TABLE record_terms (
  office TEXT COLLATE "C" NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  term BYTEA NOT NULL CHECK (length(term) = 32),
  id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (office, kind, term, id),
  FOREIGN KEY (office, kind, id) REFERENCES records (office, kind, id)
);

CREATE INDEX record_terms_record ON record_terms (office, kind, id);

-- Refuses what it is told to refuse.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0];
END $$;

CREATE TRIGGER events_update BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION refuse('events are never changed');
CREATE TRIGGER events_delete BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse('events are never deleted');
CREATE TRIGGER papers_update BEFORE UPDATE ON papers FOR EACH ROW EXECUTE FUNCTION refuse('papers are never changed');
CREATE TRIGGER papers_delete BEFORE DELETE ON papers FOR EACH ROW EXECUTE FUNCTION refuse('papers are never deleted');
CREATE TRIGGER flows_update BEFORE UPDATE ON flows FOR EACH ROW EXECUTE FUNCTION refuse('flows are never changed');
CREATE TRIGGER flows_delete BEFORE DELETE ON flows FOR EACH ROW EXECUTE FUNCTION refuse('flows are never deleted');
CREATE TRIGGER answers_update BEFORE UPDATE ON answers FOR EACH ROW EXECUTE FUNCTION refuse('answers are never changed');
CREATE TRIGGER answers_delete BEFORE DELETE ON answers FOR EACH ROW EXECUTE FUNCTION refuse('answers are never deleted');
CREATE TRIGGER checkpoints_update BEFORE UPDATE ON checkpoints FOR EACH ROW EXECUTE FUNCTION refuse('checkpoints are never changed');
CREATE TRIGGER checkpoints_delete BEFORE DELETE ON checkpoints FOR EACH ROW EXECUTE FUNCTION refuse('checkpoints are never deleted');
CREATE TRIGGER heads_update BEFORE UPDATE ON heads FOR EACH ROW
  WHEN (NEW.size <= OLD.size OR NEW.at < OLD.at) EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER heads_delete BEFORE DELETE ON heads FOR EACH ROW EXECUTE FUNCTION refuse('heads are never deleted');
CREATE TRIGGER cases_delete BEFORE DELETE ON cases FOR EACH ROW EXECUTE FUNCTION refuse('cases are never deleted');
CREATE TRIGGER issuances_update BEFORE UPDATE ON issuances FOR EACH ROW
  WHEN (OLD.state <> 'issuing'
  OR (NEW.case_id, NEW.kind, NEW.day, NEW.terminal, NEW.serial, NEW.digest, NEW.template, NEW.issuer, NEW.begun_at)
  IS DISTINCT FROM (OLD.case_id, OLD.kind, OLD.day, OLD.terminal, OLD.serial, OLD.digest, OLD.template, OLD.issuer, OLD.begun_at)) EXECUTE FUNCTION refuse('a number has exactly one end');
CREATE TRIGGER issuances_delete BEFORE DELETE ON issuances FOR EACH ROW EXECUTE FUNCTION refuse('issuances are never deleted');
CREATE TRIGGER serials_update BEFORE UPDATE ON serials FOR EACH ROW
  WHEN (NEW.last <> OLD.last + 1) EXECUTE FUNCTION refuse('serial numbers have no gaps');
CREATE TRIGGER serials_delete BEFORE DELETE ON serials FOR EACH ROW EXECUTE FUNCTION refuse('serials are never deleted');
CREATE TRIGGER case_keys_update BEFORE UPDATE ON case_keys FOR EACH ROW
  WHEN (OLD.destroyed IS NOT NULL) EXECUTE FUNCTION refuse('a destroyed key does not come back');
CREATE TRIGGER case_keys_delete BEFORE DELETE ON case_keys FOR EACH ROW EXECUTE FUNCTION refuse('keys are destroyed, not deleted');
CREATE TRIGGER records_update BEFORE UPDATE ON records FOR EACH ROW
  WHEN (NEW.version <> OLD.version + 1 OR NEW.case_id <> OLD.case_id) EXECUTE FUNCTION refuse('a record only grows');
CREATE TRIGGER records_delete BEFORE DELETE ON records FOR EACH ROW EXECUTE FUNCTION refuse('records are never deleted');
CREATE TRIGGER incidents_update BEFORE UPDATE ON incidents FOR EACH ROW
  WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION refuse('an incident is closed once');
CREATE TRIGGER incidents_delete BEFORE DELETE ON incidents FOR EACH ROW EXECUTE FUNCTION refuse('incidents are never deleted');

CREATE TRIGGER events_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER papers_truncate BEFORE TRUNCATE ON papers FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER flows_truncate BEFORE TRUNCATE ON flows FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER answers_truncate BEFORE TRUNCATE ON answers FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER checkpoints_truncate BEFORE TRUNCATE ON checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER heads_truncate BEFORE TRUNCATE ON heads FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER cases_truncate BEFORE TRUNCATE ON cases FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER case_keys_truncate BEFORE TRUNCATE ON case_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER issuances_truncate BEFORE TRUNCATE ON issuances FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER serials_truncate BEFORE TRUNCATE ON serials FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER records_truncate BEFORE TRUNCATE ON records FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');
CREATE TRIGGER incidents_truncate BEFORE TRUNCATE ON incidents FOR EACH STATEMENT EXECUTE FUNCTION refuse('a register only grows');

DO $$
BEGIN
  CREATE ROLE shomei_work NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another register of the same server made it
END $$;

GRANT SELECT ON deployment TO shomei_work;
-- To lock a row is a right of those who may change one of its columns: here the one that has but one value.
GRANT UPDATE (one) ON deployment TO shomei_work;
GRANT SELECT, INSERT ON events, papers, flows, answers, checkpoints TO shomei_work;
GRANT SELECT, INSERT, UPDATE ON heads, cases, case_keys, issuances, serials, incidents, records TO shomei_work;
GRANT SELECT, INSERT, DELETE ON case_waiting, search_keys, record_terms TO shomei_work;
