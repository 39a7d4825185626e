import type { ProcessState } from '../cluster/membership.ts'
import type { BusHealth } from '../cluster/shared-bus.ts'
import { databaseTime, everyProcess, tasksHeld } from '../cluster/processes-store.ts'
import type { NamedConfig } from '../config/schema.ts'
import { type Role, ROLES } from '../config/roles.ts'
import { indexLag } from '../rooms/search/index-events.ts'
import { backlog, leasesHeld } from '../sending/backlog-store.ts'
import type { Database } from '../storage/database.ts'
import { isServedFile } from '../storage/sqlite-lock.ts'
import type { Queries } from '../storage/query.ts'
import type { LaneKind } from '../storage/sending-schema.ts'
import { currentPoint } from '../storage/stream.ts'
import { highest } from '../storage/stream-point.ts'

/** A registered process. Times are in milliseconds, `since` since the Unix epoch. */
export type ProcessStatus = {
  id: string
  host: string
  pid: number
  version: string
  roles: string[]
  since: number
  heartbeat_age_ms: number
  /** False: dead, and not removed yet. */
  is_alive: boolean
  /** What only one process does at a time. */
  tasks: string[]
  /** Leased recipients by kind, also those without anything to send. */
  leases: Partial<Record<LaneKind, number>>
  /** null: not known. */
  bus: BusHealth | null
  /** The settings differ from those of the process that started first. */
  has_other_settings: boolean
}

/** `due_lanes`: recipients that only wait for a process. `waiting_lanes`: recipients that wait for a retry. */
export type QueueStatus = {
  kind: LaneKind
  items: number
  lanes: number
  due_lanes: number
  waiting_lanes: number
  oldest_due_ms: number | null
}

export type ClusterStatus = {
  database: 'sqlite' | 'postgres'
  /** Whether a live process serves the database. */
  is_served: boolean
  /** Empty on SQLite, where the only process does not register. */
  processes: ProcessStatus[]
  /** The roles of no live process. */
  missing_roles: Role[]
  stream: { shards: number; position: number; search_positions_behind: number }
  queues: QueueStatus[]
}

/** Reads what the processes have written into the database, and what waits there. */
export async function readClusterStatus(
  db: Database,
  { database, email }: Pick<NamedConfig, 'database' | 'email'>,
): Promise<ClusterStatus> {
  return db.snapshot(async (q) => {
    const now = (await q.first(databaseTime, {}))?.now ?? 0
    const processes = await readProcesses(q, now)
    const live = processes.filter((one) => one.is_alive)
    const isServed = database.kind === 'sqlite' ? isServedFile(database.path) : live.length > 0
    const hasRole = (role: Role) =>
      database.kind === 'sqlite' ? isServed : live.some(({ roles }) => roles.includes(role))
    const point = await currentPoint(q)
    const waiting = await q.all(backlog, { now, mailDelayMs: email.delay_s * 1000 })
    return {
      database: database.kind,
      is_served: isServed,
      processes,
      missing_roles: ROLES.filter((role) => !hasRole(role)),
      stream: {
        shards: point.length,
        position: highest(point),
        search_positions_behind: await indexLag(q),
      },
      queues: waiting.map(({ oldest_due_at: at, ...row }) => ({
        ...row,
        oldest_due_ms: at === null ? null : Math.max(0, now - at),
      })),
    }
  })
}

async function readProcesses(q: Queries, now: number): Promise<ProcessStatus[]> {
  const rows = await q.all(everyProcess, {})
  const tasks = await q.all(tasksHeld, {})
  const leases = await q.all(leasesHeld, { now })
  return rows.map((row) => ({
    id: row.process_id,
    host: row.host,
    pid: row.pid,
    version: row.version,
    roles: row.roles.split(',').filter((role) => role !== ''),
    since: row.started_at,
    heartbeat_age_ms: Math.max(0, now - row.seen_at),
    is_alive: Boolean(row.is_alive),
    tasks: tasks.filter(({ holder }) => holder === row.process_id).map(({ name }) => name),
    leases: Object.fromEntries(
      leases.filter((one) => one.process_id === row.process_id).map(({ kind, lanes }) => [kind, lanes]),
    ),
    bus: (JSON.parse(row.state ?? 'null') as ProcessState | null)?.bus ?? null,
    has_other_settings: row.config_hash !== rows[0]?.config_hash,
  }))
}
