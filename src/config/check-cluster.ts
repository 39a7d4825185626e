import type { ClusterSettings } from './cluster-schema.ts'
import { ConfigError } from './config-error.ts'
import { isPart, type Role } from './roles.ts'

/** Checks settings of the cluster that depend on each other. @throws ConfigError */
export function checkCluster(cluster: ClusterSettings, database: 'sqlite' | 'postgres'): void {
  const { bus } = cluster
  if (bus !== undefined && bus.kind !== 'local' && database === 'sqlite')
    throw new ConfigError(
      'bad value for "cluster.bus": one process serves a SQLite database; expected local, or set "database" to a PostgreSQL database',
    )
  const given = (
    ['nats_user', 'nats_password_file', 'nats_token_file', 'nats_creds_file', 'nats_ca'] as const
  ).filter((key) => cluster[key] !== undefined)
  const [first] = given
  if (first !== undefined && bus?.kind !== 'nats')
    throw new ConfigError(`"cluster.${first}" needs "cluster.bus" with nats:// or tls://`)
  const has = (key: (typeof given)[number]) => given.includes(key)
  if (has('nats_user') !== has('nats_password_file'))
    throw new ConfigError('"cluster.nats_user" and "cluster.nats_password_file" need each other')
  const ways = (['nats_user', 'nats_token_file', 'nats_creds_file'] as const).filter(has)
  if (ways.length > 1)
    throw new ConfigError(`"cluster.${ways[0]}" and "cluster.${ways[1]}" exclude each other: remove one`)
  if (has('nats_ca') && bus?.kind === 'nats' && !bus.isSecure)
    throw new ConfigError('"cluster.nats_ca" needs "cluster.bus" with tls://')
}

/** Checks whether a process can have only these roles. @throws ConfigError */
export function checkRoles(
  roles: readonly Role[],
  { cluster: { bus }, database }: { cluster: ClusterSettings; database: 'sqlite' | 'postgres' },
): void {
  if (!isPart({ roles })) return
  if (database === 'sqlite')
    throw new ConfigError(
      `bad value for "roles" (${roles.join(', ')}): one process serves a SQLite database and has every role; run "belfry serve" without "roles", or set "database" to a PostgreSQL database`,
    )
  if (bus?.kind === 'local')
    throw new ConfigError(
      `bad value for "roles" (${roles.join(', ')}): with "cluster.bus" local the processes with the other roles would not be woken; set "cluster.bus" to postgres or nats://HOST:PORT`,
    )
}
