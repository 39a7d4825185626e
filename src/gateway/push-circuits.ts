import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import {
  type Admission,
  type Circuits,
  createCircuits,
  type LaneCircuits,
  leave,
  type Pass,
  report,
} from '../sending/circuits.ts'
import type { Sender } from '../sending/line.ts'
import type { Apps } from './apps.ts'
import { splitDestination } from './queue-store.ts'

/** The last error of a lane that waits for the end of a pause, or for its app. */
export const PAUSED = 'line paused'
/** The interval between checks whether an app is configured again. */
const NO_APP_FOR_MS = 60_000

/**
 * The circuits of the queue. The circuits of an app (`OpenApp.circuits`) are shared with first attempts, which wait in memory for a slot.
 * Lanes wait in the engine. One lane of each line waits in memory too, so that first attempts cannot keep all lanes waiting for ever.
 */
export function createPushCircuits(deps: { apps: () => Apps; clock: Clock; random: Random }): LaneCircuits {
  /** For apps that are not configured any more. */
  const nowhere = createCircuits({ ...deps, limit: Number.MAX_SAFE_INTEGER })
  const inLine = new Set<string>()

  function find(destination: string): { circuits: Circuits; line: string; isConfigured: boolean } {
    const { appId, line } = splitDestination(destination)
    const app = deps.apps().find(appId)
    if (typeof app === 'string') return { circuits: nowhere, line: destination, isConfigured: false }
    return { circuits: app.circuits, line, isConfigured: true }
  }

  /** Free slots without a waiting first attempt. */
  const freeAt = (circuits: Circuits, line: string) => circuits.slotsAt(line) - circuits.waitingAt(line)

  async function admit(destination: string, sender: Sender, reserved?: Pass): Promise<Admission> {
    const { circuits, line, isConfigured } = find(destination)
    if (!isConfigured) return { kind: 'paused', until: deps.clock.now() + NO_APP_FOR_MS, reason: PAUSED }
    let admission = circuits.admit(line, sender, reserved)
    if (admission.kind === 'full' && !inLine.has(destination)) {
      inLine.add(destination)
      admission = await circuits.enter(line, sender).admission
      inLine.delete(destination)
    }
    return admission.kind === 'paused' ? { ...admission, reason: PAUSED } : admission
  }

  return {
    slotsAt(destination) {
      const { circuits, line } = find(destination)
      return Math.max(freeAt(circuits, line), inLine.has(destination) ? 0 : 1)
    },
    reserve(destination, sender) {
      const { circuits, line } = find(destination)
      return freeAt(circuits, line) > 0 ? circuits.reserve(line, sender) : undefined
    },
    isHeld(destination, laneId) {
      const { circuits, line, isConfigured } = find(destination)
      return !isConfigured || circuits.isHeld(line, laneId)
    },
    expectOutage(destination, outage) {
      const { circuits, line } = find(destination)
      circuits.expectOutage(line, outage)
    },
    admit,
    report,
    leave,
  }
}
