BEGIN TRANSACTION;
CREATE TABLE blocks (key TEXT PRIMARY KEY, round INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO "blocks" VALUES('a',1);
INSERT INTO "blocks" VALUES('b',1);
CREATE TABLE labels (
    key TEXT NOT NULL,
    revision INTEGER NOT NULL,
    round INTEGER NOT NULL REFERENCES rounds(number),
    known_from INTEGER NOT NULL,   -- the first round whose training sees this answer
    truth TEXT NOT NULL,           -- JSON: boxes, classes, ignore, visible
    received REAL NOT NULL,
    PRIMARY KEY (key, revision)
) WITHOUT ROWID;
INSERT INTO "labels" VALUES('a',1,1,1,'{"boxes": [[1.0, 2.0, 3.0, 4.0]], "classes": [0], "ignore": [false], "visible": [1.0]}',1.79543826319190311427e+09);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT INTO "meta" VALUES('schema','1');
CREATE TABLE picks (
    round INTEGER NOT NULL REFERENCES rounds(number),
    rank INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE,
    score REAL,
    reason TEXT NOT NULL,
    PRIMARY KEY (round, rank)
) WITHOUT ROWID;
INSERT INTO "picks" VALUES(1,1,'a',0.5,'why');
INSERT INTO "picks" VALUES(1,2,'b',0.4,'why');
CREATE TABLE rounds (
    number INTEGER PRIMARY KEY,
    strategy TEXT NOT NULL,        -- JSON: name and every argument
    seed INTEGER NOT NULL,
    budget INTEGER NOT NULL,
    pool_digest TEXT NOT NULL,     -- images and content hashes of the pool
    labels_digest TEXT NOT NULL,   -- labels held when the round was proposed
    weights_digest TEXT NOT NULL,  -- the detector that scored
    created REAL NOT NULL
);
INSERT INTO "rounds" VALUES(1,'{"name": "divergence", "radius": 9}',7,2,'pool','labels','weights',1.7954382631836361885e+09);
CREATE TABLE steps (
    round INTEGER NOT NULL,        -- 0: the initial detector
    step TEXT NOT NULL,
    finished REAL NOT NULL,
    seconds REAL NOT NULL,
    details TEXT NOT NULL,         -- JSON: digests, counts, metrics
    PRIMARY KEY (round, step)
) WITHOUT ROWID;
INSERT INTO "steps" VALUES(0,'train',1.79543826317978477474e+09,1.5,'{"images": 6, "trained": true, "weights": "abc"}');
INSERT INTO "steps" VALUES(1,'select',1.79543826318372869493e+09,0.1,'{"images": 2}');
COMMIT;
