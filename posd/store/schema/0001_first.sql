-- The terminal's database, version 1. One statement after another; see posd/store/database.py.

-- Who we are, how far head office has our records, how far we have read its feed, and what of it (sync/versions.py). `running` stays
-- 1 after a stop that was none of ours; `frozen` says for good why nothing may be spent: this is an older copy of the disk, and what
-- was spent from leases is not known. `heard_ms` is head office's own time when it was last heard. Of its word on members `edition` is
-- in use, and has `members` of them.
CREATE TABLE terminal (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  chain TEXT NOT NULL,
  terminal TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL DEFAULT '',
  store TEXT NOT NULL DEFAULT '',
  epoch INTEGER NOT NULL DEFAULT 0,
  time_zone TEXT NOT NULL DEFAULT '',
  acked_seq INTEGER NOT NULL DEFAULT 0,
  acked_hash TEXT NOT NULL,
  durable_seq INTEGER NOT NULL DEFAULT 0,
  trouble TEXT NOT NULL DEFAULT '',
  push_incarnation TEXT NOT NULL DEFAULT '',
  cursor TEXT NOT NULL DEFAULT '',
  reading TEXT NOT NULL DEFAULT '',
  pull_incarnation TEXT NOT NULL DEFAULT '',
  caught_up INTEGER NOT NULL DEFAULT 0,
  heard_ms INTEGER NOT NULL DEFAULT 0,
  running INTEGER NOT NULL DEFAULT 0,
  frozen TEXT NOT NULL DEFAULT '',
  edition INTEGER NOT NULL DEFAULT 0,
  members INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What head office must hear. `bytes` are made once and sent verbatim; everything about a sale is in them. The till's own business
-- date and receipt number stand beside them only to be found by.
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  hash BLOB NOT NULL,
  wall_ms INTEGER NOT NULL,
  receipt_number TEXT,
  business_date TEXT,
  bytes BLOB NOT NULL
) STRICT;
CREATE INDEX journal_receipt ON journal (business_date, receipt_number) WHERE business_date IS NOT NULL;
CREATE TRIGGER journal_is_kept BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_stays BEFORE DELETE ON journal WHEN OLD.seq > (SELECT seq FROM anchor)
BEGIN SELECT RAISE(ABORT, 'the journal is append-only above its anchor'); END;

-- Where the journal begins: the last record that may be deleted, because head office has it in a backup. It only moves up, to a record
-- that is there, and never to the last one.
CREATE TABLE anchor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER anchor_stays BEFORE DELETE ON anchor BEGIN SELECT RAISE(ABORT, 'the anchor stays'); END;
CREATE TRIGGER anchor_rises BEFORE UPDATE ON anchor WHEN NEW.seq <= OLD.seq
  OR NEW.seq > (SELECT min(acked_seq, durable_seq) FROM terminal)
  OR NEW.seq >= (SELECT max(seq) FROM journal)
  OR NOT EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq AND lower(hex(hash)) = NEW.hash)
BEGIN SELECT RAISE(ABORT, 'the anchor is a record that head office has in a backup'); END;

-- What is left of a deleted record: its id, so that it is never booked again, and the till's number to find that by.
CREATE TABLE pruned (
  id BLOB PRIMARY KEY,
  receipt_number TEXT,
  business_date TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX pruned_receipt ON pruned (business_date, receipt_number) WHERE business_date IS NOT NULL;

-- What was asked for inside a sale and could not be had, as JSON: the same key is told the same again.
CREATE TABLE refused (
  seq INTEGER PRIMARY KEY REFERENCES journal (seq),
  bytes BLOB NOT NULL
) STRICT;

-- How much of a line of a sale of ours has come back to this terminal.
CREATE TABLE returned (
  original BLOB NOT NULL,
  line TEXT NOT NULL,
  quantity_milli INTEGER NOT NULL,
  PRIMARY KEY (original, line)
) STRICT, WITHOUT ROWID;

-- Members of whom we have something of our own: entries, holds, leases; and those who have joined here, with what we know of them until
-- head office has told us.
CREATE TABLE member (
  id INTEGER PRIMARY KEY,
  handle BLOB NOT NULL UNIQUE,
  first_name TEXT NOT NULL DEFAULT '',
  joined TEXT NOT NULL DEFAULT '',
  code TEXT UNIQUE
) STRICT;

-- Head office's word on each member as of the last pull, by handle: so a snapshot, which comes in that order, is written page after
-- page. `facts` is MessagePack, the balances by unit and lot and the plain codes among them. Beside the edition in use lies the next one
-- while it comes in, and what has not been deleted yet of the one before.
CREATE TABLE told (
  edition INTEGER NOT NULL,
  handle BLOB NOT NULL,
  first_name TEXT NOT NULL,
  tier TEXT NOT NULL,
  generation INTEGER NOT NULL,
  blocked INTEGER NOT NULL,
  facts BLOB NOT NULL,
  PRIMARY KEY (edition, handle)
) STRICT, WITHOUT ROWID;
CREATE TABLE member_code (
  edition INTEGER NOT NULL,
  text TEXT NOT NULL,
  handle BLOB NOT NULL,
  PRIMARY KEY (edition, text)
) STRICT, WITHOUT ROWID;

-- The snapshot that is coming in (sync/snapshot.py), and which of our own records and holds it includes.
CREATE TABLE loading (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  edition INTEGER NOT NULL,
  cursor TEXT NOT NULL,
  feed_cursor TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  members INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TABLE arrived (
  member INTEGER NOT NULL REFERENCES member (id),
  ref BLOB NOT NULL,
  PRIMARY KEY (member, ref)
) STRICT, WITHOUT ROWID;

-- What our own records and holds did to a member's available pieces, by lot; `included` once head office's balance has it. A sale
-- is counted too, in the units 'visits/' (its day stands for the lot) and 'spent/'.
CREATE TABLE entry (
  id INTEGER PRIMARY KEY,
  ref BLOB NOT NULL,
  member INTEGER NOT NULL REFERENCES member (id),
  unit TEXT NOT NULL,
  lot TEXT NOT NULL,
  pieces INTEGER NOT NULL,
  included INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX entry_open ON entry (member, unit, lot, pieces) WHERE included = 0;

-- Promises. `state`: open, committed, cancelled.
CREATE TABLE agreement (
  id BLOB PRIMARY KEY,
  state TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE INDEX agreement_open ON agreement (made_ms) WHERE state = 'open';

-- What we may spend of a member without asking. `returned` once we have given it back: head office may not know yet. `idle_s` counts
-- since its last use, by the monotonic clock. `void_seq` is our last record that gave something back to it. `secret` makes the
-- member's changing code; it goes with the lease.
CREATE TABLE lease (
  id BLOB PRIMARY KEY,
  member INTEGER NOT NULL REFERENCES member (id),
  recalled INTEGER NOT NULL DEFAULT 0,
  returned INTEGER NOT NULL DEFAULT 0,
  idle_s INTEGER NOT NULL DEFAULT 0,
  void_seq INTEGER NOT NULL DEFAULT 0,
  secret BLOB
) STRICT;
CREATE INDEX lease_of ON lease (member);

-- The newest step of a member's changing code that was used here, and by which agreement; empty for one that nothing frees.
CREATE TABLE code_use (
  member INTEGER PRIMARY KEY REFERENCES member (id),
  step INTEGER NOT NULL,
  agreement BLOB NOT NULL
) STRICT;

-- Of each unit of a lease: how much was ever granted, how much was ever spent or promised, and what head office has seen spent.
CREATE TABLE leased (
  lease BLOB NOT NULL REFERENCES lease (id) ON DELETE CASCADE,
  unit TEXT NOT NULL,
  granted INTEGER NOT NULL,
  spent INTEGER NOT NULL DEFAULT 0,
  seen INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (lease, unit)
) STRICT, WITHOUT ROWID;

-- What could be spent beyond members' balances, at most: head office's word, as JSON.
CREATE TABLE bound (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  json TEXT NOT NULL
) STRICT;

-- Reservations. `state`: asked, granted, refused, ended (by a record of ours). One that was asked and never answered is voided at
-- start. `leased` of its pieces come out of our own `lease`. `included` once head office's balance is without these pieces: its feed
-- may be faster than its answer.
CREATE TABLE hold (
  id BLOB PRIMARY KEY,
  member INTEGER NOT NULL REFERENCES member (id),
  unit TEXT NOT NULL,
  pieces INTEGER NOT NULL,
  state TEXT NOT NULL,
  agreement BLOB,
  included INTEGER NOT NULL DEFAULT 0,
  lease BLOB,
  leased INTEGER NOT NULL DEFAULT 0,
  ended_by BLOB,
  doubted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX hold_ended_by ON hold (ended_by) WHERE ended_by IS NOT NULL;
CREATE INDEX hold_unsettled ON hold (id) WHERE state IN ('asked', 'granted');

-- Our receipts. `state`: queued, sending, confirmed, unknown; handed where the till prints them.
CREATE TABLE print_job (
  id INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL REFERENCES journal (seq),
  state TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  receipt BLOB NOT NULL
) STRICT;
CREATE INDEX print_job_state ON print_job (state);
CREATE INDEX print_job_of ON print_job (seq);

-- What head office published. `pool_key` draws prizes; it is shown to nobody.
CREATE TABLE program (
  version INTEGER PRIMARY KEY,
  effective_ms INTEGER NOT NULL,
  json TEXT NOT NULL,
  pool_key BLOB
) STRICT;

-- How receipts are laid out, as head office says.
CREATE TABLE layout (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  json TEXT NOT NULL
) STRICT;

-- Of each rule's budget: how much this terminal may give, as head office says, and how much it has given or promised; both ever.
CREATE TABLE budget (
  rule TEXT PRIMARY KEY,
  share INTEGER NOT NULL DEFAULT 0,
  given INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE code_key (
  key_id TEXT PRIMARY KEY,
  public_key BLOB NOT NULL,
  revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Codes that head office has signed and that are nobody's: the terminal's to give to joining members. `taken` once one is somebody's.
CREATE TABLE blank (
  code TEXT PRIMARY KEY,
  taken INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What a joining member gave, as JSON, beside the record `seq`: it is deleted once head office has it.
CREATE TABLE attachment (
  seq INTEGER PRIMARY KEY REFERENCES journal (seq),
  content TEXT NOT NULL
) STRICT;

-- Who may use the local API. Tokens are kept as their SHA-256.
CREATE TABLE token (
  hash BLOB PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL,
  made_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
