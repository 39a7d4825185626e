/** Sessions of user-interactive authentication that were used, until they expire. */
export type UsedAuthSessionsTable = { nonce: string; expires_at: number }

/** Token buckets of attempts that all processes count together. `key_hash`: the HMAC of account, address or mailbox. */
export type AttemptsTable = {
  key_hash: string
  /** The time at which the bucket is full again. */
  full_at: number
}

export type AttemptsSchema = {
  used_auth_sessions: UsedAuthSessionsTable
  attempts: AttemptsTable
}
