// The processes of a server on PostgreSQL. The conventions are those of schema.ts; all times are those of the
// database's clock.

export type ProcessesTable = {
  process_id: string
  /** Separated by commas. */
  roles: string
  host: string
  /** The id in the operating system of the host. */
  pid: number
  version: string
  /** The newest migration that the process knows. */
  known_schema: number
  /** Equal for processes with the same settings. */
  config_hash: string
  /** The database session of the last heartbeat; null: not known. */
  session: string | null
  /** JSON for operators; null: an older version. */
  state: string | null
  started_at: number
  /** The last heartbeat. */
  seen_at: number
}

/** `holder` has the task `name` until then. */
export type LeaderTable = {
  name: string
  holder: string
  until: number
}

export type ProcessesSchema = {
  processes: ProcessesTable
  leader: LeaderTable
}
