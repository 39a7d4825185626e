import type { Benchmark } from './benchmark.ts'
import { arrival } from './arrival.ts'
import { backlog } from './backlog.ts'
import { caches } from './caches.ts'
import { cluster } from './cluster.ts'
import { deadGateway } from './dead-gateway.ts'
import { delivery } from './delivery.ts'
import { gateway } from './gateway.ts'
import { groupCommit } from './group-commit.ts'
import { journeys } from './journeys.ts'
import { media } from './media.ts'
import { peers } from './peers.ts'
import { pokes } from './pokes.ts'
import { presence } from './presence.ts'
import { rooms } from './rooms.ts'
import { rules } from './rules.ts'
import { startUp } from './start-up.ts'
import { sync } from './sync.ts'
import { syncWaking } from './sync-waking.ts'
import { trace } from './trace.ts'
import { webConsole } from './console.ts'

/** All benchmarks, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  pokes,
  delivery,
  backlog,
  startUp,
  webConsole,
  sync,
  syncWaking,
  rooms,
  groupCommit,
  rules,
  caches,
  presence,
  trace,
  arrival,
  journeys,
  deadGateway,
  gateway,
  media,
  cluster,
  peers,
]
