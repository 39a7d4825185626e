import type { Filled } from './columns.ts'

// The tables of the server itself.

/** The timeline of PostgreSQL that the last process has seen. */
export type StreamTimelineTable = { id: number; timeline: number }

export type StreamTable = { id: Filled<number>; position: number }

/** The name of the server that owns the data: one row. The database of a gateway that runs alone has no row. */
export type ServerTable = { id: Filled<number>; name: string; created_at: number }

/** Keys of the server itself: private keys as PEM, by purpose. */
export type ServerKeysTable = { name: string; secret: string; created_at: number }

export type SchemaMigrationsTable = { id: number; name: string; applied_at: number }

export type ServerSchema = {
  stream: StreamTable
  server: ServerTable
  stream_timeline: StreamTimelineTable
  server_keys: ServerKeysTable
  schema_migrations: SchemaMigrationsTable
}
