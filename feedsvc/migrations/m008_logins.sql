-- Count failed logins by network too, and know the networks from which somebody has logged in before.
CREATE INDEX failed_logins_by_address ON failed_logins (address, failed_at);

CREATE TABLE login_networks (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  network TEXT NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, network)
) STRICT, WITHOUT ROWID
