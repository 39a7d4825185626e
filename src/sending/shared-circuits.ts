import type { Bus } from '../cluster/bus.ts'
import type { ProcessShare } from '../cluster/process-share.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Database } from '../storage/database.ts'
import type { LaneKind } from '../storage/sending-schema.ts'
import {
  type Circuits,
  type CircuitSettings,
  createCircuits,
  type LaneCircuits,
  leave,
  type Pause,
  report,
} from './circuits.ts'
import type { Engine } from './engine.ts'
import { lastSuccessOf } from './known-outages.ts'

// Circuits of several processes. The process in which a circuit opens, or whose probe fails, tells the others
// the end of the pause. Each line belongs to one process, which alone takes its due lanes and sends the
// probes. A response in any process ends the pause in all of them.
//
// Messages are hints. A process that may have missed some asks the others for their pauses, and looks in
// the database for deliveries since. A process without news of a probe for two minutes sends one itself.

/** `pause` null: the line works. Without a line: all processes answer with their pauses. */
type CircuitMessage = { from: string; line?: string; pause?: Pause | null }

/** The most pauses in an answer. */
const MAX_TOLD = 200

export type SharedCircuits = LaneCircuits & {
  /** Starts to exchange pauses, until the returned function is called. */
  connect(engine: Pick<Engine, 'advance' | 'riseBy'>): () => void
}

type SharedCircuitsDeps = {
  db: Database
  bus: Bus
  clock: Clock
  random: Random
  log: Log
  kind: LaneKind
  share: ProcessShare
}

export function createSharedCircuits(
  deps: SharedCircuitsDeps,
  settings: Omit<CircuitSettings, 'probes'>,
): SharedCircuits {
  const { bus, random, share } = deps
  const self = random.token(12)
  const circuits = createCircuits({ ...settings, probes: (line) => share.owns(`destination ${line}`) })
  const publish = (message: Omit<CircuitMessage, 'from'>) =>
    bus.publish('circuits', { from: self, ...message } satisfies CircuitMessage)

  function answer(): void {
    for (const { line } of circuits.troubles().slice(0, MAX_TOLD)) {
      const pause = circuits.pauseOf(line)
      if (pause !== undefined) publish({ line, pause })
    }
  }

  async function hear(engine: Pick<Engine, 'advance' | 'riseBy'>, message: CircuitMessage): Promise<void> {
    const { from, line, pause } = message
    if (from === self) return
    if (line === undefined) return answer()
    if (pause) {
      circuits.pause(line, pause)
      engine.riseBy(pause.until)
    } else if (circuits.pauseOf(line) !== undefined) await engine.advance(circuits.resume(line))
  }

  return {
    ...circuits,
    leave,
    takes: (line) => (circuits.pauseOf(line) === undefined ? undefined : !circuits.isProbedElsewhere(line)),
    report(pass, result) {
      const before = circuits.pauseOf(pass.line)
      const change = report(pass, result)
      const after = circuits.pauseOf(pass.line)
      if (after === undefined ? before !== undefined : after.until !== before?.until)
        publish({ line: pass.line, pause: after ?? null })
      return change
    },
    connect(engine) {
      const end = bus.subscribe(['circuits'], (message) => {
        if (message !== undefined) return void hear(engine, message as CircuitMessage)
        publish({})
        void findBack(deps, circuits, engine)
      })
      publish({})
      return end
    },
  }
}

/** Looks for deliveries to lines that other processes probe. */
async function findBack(
  { db, kind, log }: SharedCircuitsDeps,
  circuits: Circuits,
  engine: Pick<Engine, 'advance'>,
): Promise<void> {
  try {
    const paused = circuits.troubles().filter(({ line }) => circuits.isProbedElsewhere(line))
    const lines = paused.map(({ line }) => line)
    const reached = await lastSuccessOf(db, kind, lines)
    for (const { line, since } of paused)
      if ((reached.get(line) ?? 0) > since) await engine.advance(circuits.resume(line))
  } catch (error) {
    log.warn({ err: error }, 'could not look for gateways that work again')
  }
}
