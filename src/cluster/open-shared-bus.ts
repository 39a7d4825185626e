import { createHash } from 'node:crypto'
import { Client } from 'pg'
import type { ClusterSettings } from '../config/cluster-schema.ts'
import { createAbsence } from './absence.ts'
import { createNatsLink, type NatsServers } from './nats-link.ts'
import { createPostgresLink } from './postgres-link.ts'
import { createSharedBus, type ServerBus, type SharedBusDeps } from './shared-bus.ts'

export type SharedBusKind = { kind: 'postgres' } | NatsServers

/** @throws ConfigError when a file of the credentials cannot be read */
export async function openSharedBus(
  settings: ClusterSettings & { bus: SharedBusKind },
  url: string,
  deps: SharedBusDeps,
): Promise<ServerBus> {
  const { bus } = settings
  if (bus.kind === 'postgres')
    return createSharedBus(deps, { kind: 'postgres', link: createPostgresLink(url, deps) })
  const cluster = settings.name ?? (await nameOf(url))
  const link = await createNatsLink(bus, settings, { ...deps, cluster })
  return createSharedBus(deps, { kind: 'nats', link, absence: createAbsence(url, deps.log) })
}

/** The same for all processes on a database, and different for two databases, also on one PostgreSQL. */
async function nameOf(url: string): Promise<string> {
  const client = new Client({ connectionString: url })
  try {
    await client.connect()
    const { rows } = await client.query<{ id: string }>(
      'select system_identifier || current_database() as id from pg_control_system()',
    )
    return createHash('sha256')
      .update(rows[0]?.id ?? '')
      .digest('hex')
      .slice(0, 16)
  } finally {
    await client.end()
  }
}
