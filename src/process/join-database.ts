import { watchCluster } from '../cluster/cluster-metrics.ts'
import { configHash } from '../cluster/config-hash.ts'
import { createDatabaseClock } from '../cluster/database-clock.ts'
import { createMembership, type ClusterMember, type ClusterTask } from '../cluster/membership.ts'
import type { ServerBus } from '../cluster/shared-bus.ts'
import type { Role } from '../config/roles.ts'
import type { Config } from '../config/schema.ts'
import { endClaimsOfDead } from '../gateway/claims-store.ts'
import { endTakenOfDead } from '../gateway/queue-store.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import type { Metrics } from '../lib/metrics.ts'
import { endLeasesOfDead } from '../sending/lane-store.ts'
import type { Database } from '../storage/database.ts'

type Joining = {
  db: Database
  bus: ServerBus
  config: Config
  log: Log
  clock: Clock
  metrics: Metrics
  roles: readonly Role[]
  tasks: readonly ClusterTask[]
  /** A test has set the clock. */
  hasOwnClock: boolean
}

/**
 * The place of this process among those that share the database, and the time that they share. On SQLite it
 * is the only one.
 */
export function joinDatabase({ db, bus, config, log, clock, metrics, roles, tasks, hasOwnClock }: Joining): {
  membership: ClusterMember
  clock: Clock
} {
  const shared = db.isServedAlone || hasOwnClock ? undefined : createDatabaseClock(clock)
  const membership = createMembership({
    db,
    bus,
    state: () => ({ bus: bus.health() }),
    clock,
    log,
    roles,
    tasks,
    configHash: db.isServedAlone ? '' : configHash(config),
    async endDead(tx) {
      const freed = await endLeasesOfDead(tx)
      await tx.run(endClaimsOfDead, {})
      await endTakenOfDead(tx)
      if (freed.length > 0) tx.onCommit(() => bus.publish('delivery', freed))
    },
    onTime: (now, steadyAt) => shared?.set(now, steadyAt),
  })
  watchCluster(metrics, membership, ['cluster', ...tasks])
  return { membership, clock: shared ?? clock }
}
